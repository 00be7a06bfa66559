#include "base/address.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/ids.h"

namespace seep {
namespace {

TEST(AddressTest, CountsBytes) {
  Address a(0x1000);
  EXPECT_EQ((a + 16).value(), 0x1010u);
  EXPECT_EQ((a - 16).value(), 0xff0u);
  EXPECT_EQ(Address(0x1010) - a, 16u);
  EXPECT_LT(a, a + 1);
  EXPECT_TRUE(Address().is_null());
}

TEST(AddressRangeTest, HoldsItsBeginAndNotItsEnd) {
  AddressRange range{Address(16), Address(32)};
  EXPECT_EQ(range.size(), 16u);
  EXPECT_FALSE(range.contains(Address(15)));
  EXPECT_TRUE(range.contains(Address(16)));
  EXPECT_TRUE(range.contains(Address(31)));
  EXPECT_FALSE(range.contains(Address(32)));
}

TEST(AddressRangeTest, IsEmptyWhenItEndsBeforeItBegins) {
  AddressRange range{Address(32), Address(16)};
  EXPECT_EQ(range.size(), 0u);
  EXPECT_FALSE(range.contains(Address(20)));
}

TEST(IdTest, IsNoneUntilItIsSet) {
  EXPECT_TRUE(StackId().is_none());
  EXPECT_FALSE(StackId(0).is_none());
  EXPECT_EQ(StackId(7).index(), 7u);
  EXPECT_LT(StackId(7), StackId());
}

TEST(IdTest, OfOneTableIsNoIdOfAnother) {
  EXPECT_FALSE((std::is_convertible_v<StackId, ClassId>));
  EXPECT_FALSE((std::is_convertible_v<size_t, ClassId>));
}

}  // namespace
}  // namespace seep
