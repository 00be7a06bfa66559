// How a script and the load generator learn a port that the kernel chose.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

// The whole file appears at once. False, with the cause on stderr, on failure.
bool WritePortFile(const std::string& path, uint16_t port);

// Waits until the file is there; nothing after `patience`.
std::optional<uint16_t> ReadPortFile(const std::string& path, std::chrono::seconds patience);
