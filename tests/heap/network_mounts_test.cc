#include "heap/network_mounts.h"

#include <gtest/gtest.h>

#include "heap/proc_maps.h"

namespace seep {
namespace {

TEST(NetworkMountsTest, FindsFileSystemsThatLiveElsewhere) {
  auto devices = NetworkDevices(
      "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
      "40 22 0:35 / /home rw shared:1 master:2 - nfs4 server:/home rw,addr=10.0.0.1\n"
      "41 22 0:36 / /media/a\\040b rw - fuse.sshfs me@there: rw\n"
      "42 22 0:37 / /dev/shm rw - tmpfs tmpfs rw\n");
  EXPECT_EQ(devices.size(), 2u);
  EXPECT_TRUE(devices.contains(DeviceNumber(0, 35)));
  EXPECT_TRUE(devices.contains(DeviceNumber(0, 36)));
}

TEST(NetworkMountsTest, PassesOverOtherText) {
  EXPECT_TRUE(NetworkDevices("").empty());
  EXPECT_TRUE(NetworkDevices("\n\n - nfs\n1 2 x:y - nfs\n1 2 3 / / - nfs\n1 2 3:\n").empty());
  EXPECT_EQ(NetworkDevices("1 2 3:4 - nfs").size(), 1u) << "without a newline";
}

}  // namespace
}  // namespace seep
