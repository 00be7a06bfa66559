// Addresses as a value of a .seep file: 8 bytes each, little endian.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/address.h"

namespace seep {

inline std::vector<uint8_t> PackAddresses(const std::vector<Address>& addresses) {
  std::vector<uint8_t> blob(addresses.size() * sizeof(uint64_t));
  for (size_t i = 0; i < addresses.size(); ++i) {
    uint64_t value = addresses[i].value();
    memcpy(&blob[i * sizeof(value)], &value, sizeof(value));
  }
  return blob;
}

// A part of an address at the end is left out.
inline std::vector<Address> UnpackAddresses(const std::vector<uint8_t>& blob) {
  std::vector<Address> addresses(blob.size() / sizeof(uint64_t));
  for (size_t i = 0; i < addresses.size(); ++i) {
    uint64_t value = 0;
    memcpy(&value, &blob[i * sizeof(value)], sizeof(value));
    addresses[i] = Address(value);
  }
  return addresses;
}

}  // namespace seep
