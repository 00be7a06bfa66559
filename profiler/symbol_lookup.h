// Finds symbols of the process's modules without dlsym: dlsym allocates, and its symbol version
// (2.34) would keep libseep.so from loading on older systems.
//
// Takes the loader's lock for the time of the search (dl_iterate_phdr). Start-up only.
#pragma once

namespace seep::profiler {

// The default-version definition of `name` in the first module, in the loader's search order, that
// comes after the module holding `after`; the whole order for null. Null: there is none.
void* FindSymbol(const char* name, const void* after);

}  // namespace seep::profiler
