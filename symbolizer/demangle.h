// Mangled C++ names to names people wrote: "_ZN6common7ClosureIFvvEE3RunEv" →
// "common::Closure<void ()>::Run()".
//
// Input is hostile. Two bounds keep a name from hurting us: 8 KiB of input (a 2 MiB stack holds the
// demangler's recursion up to there) and 64 KiB of output (the substitutions of the mangling double
// the text: 258 characters are enough for 1 GB). What cannot be demangled is returned as it is.
//
// libiberty and not abi::__cxa_demangle: that one is built to refuse every name over 1,024
// characters, which closures in template-heavy servers exceed, and it cannot be stopped half-way.
#pragma once

#include <string>
#include <string_view>

namespace seep {

// A symbol ("_ZN…", also with a clone suffix) or anything else, which comes back unchanged.
std::string Demangle(std::string_view symbol);

// A class as its RTTI holds it: "N6common7ClosureIFvvEEE", without _ZTS; a leading '*' (internal
// linkage) is dropped.
std::string DemangleClass(std::string_view rtti_name);

// "A<B<int> >" → "A<B<int>>": one spelling whether a name came from the demangler or from DWARF.
std::string NormalizeBrackets(std::string_view name);

}  // namespace seep
