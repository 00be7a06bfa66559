// Where the recording is, for readers of a process or core that have no /proc or no file system:
// they find the ELF note in libseep.so's first page, and by it this struct.
#pragma once

#include "snapshot/recording_format.h"

extern "C" seep::recording::Anchor seep_anchor __attribute__((visibility("hidden")));
