// What looks at single objects say, in words: the same on a terminal and in JSON.
#pragma once

#include <string>

#include "snapshot/instances.h"
#include "snapshot/symbol_table.h"

namespace seep {

// Of a class of the look; "(no class)".
std::string ClassName(const LookedAt& look, size_t klass);

// "RequestHandler::Reply(…)", by `symbols` of AfterFirstByte(code); empty: it has no name.
std::string FunctionName(const SymbolTable& symbols, const CodeLocation& code);

// "zero", "number", "own block", "live block", …: as JSON has it.
std::string WordKindName(WordKind kind);
std::string PlaceKindName(PlaceKind kind);

// "live common::Closure<void, Env*>+0x8", "code RequestHandler::Reply(…)": hostile.
std::string DescribeWord(const LookedAt& look, const SymbolTable& symbols,
                         const WordMeaning& meaning);
// The place, and the object there where the block's own is another one.
std::string DescribeAnswer(const LookedAt& look, const SymbolTable& symbols,
                           const AddressLook::Answer& answer);

// "0x7f12…".
std::string HexAddress(Address address);

}  // namespace seep
