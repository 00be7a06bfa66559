// seep what: what lies at an address.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/heap_look.h"
#include "heap/instances/object_finder.h"
#include "heap/instances/place_finder.h"
#include "report/instances_json.h"
#include "report/instances_text.h"

namespace seep {
namespace {

struct WhatOptions {
  std::string target;
  std::vector<std::string> addresses;  // as typed
  bool json = false;
  SymbolOptions symbols;
};

struct NamedAddresses {
  AddressLook look;
  SymbolTable symbols;
};

std::string CheckAddress(const std::string& text) {
  uint64_t value = 0;
  if (absl::SimpleHexAtoi(text, &value)) return "";
  return absl::StrCat("not an address: '", text, "' (write it in hexadecimal: 0x7f0012345678)");
}

absl::StatusOr<NamedAddresses> LookUp(const WhatOptions& options) {
  std::vector<Address> addresses;
  for (const std::string& text : options.addresses) {
    uint64_t value = 0;
    if (absl::SimpleHexAtoi(text, &value)) addresses.emplace_back(value);
  }
  SEEP_ASSIGN_OR_RETURN(HeapLook look, OpenHeap(options.target, options.symbols));
  std::vector<AddressPlace> places = FindPlaces(*look.heap, addresses);
  NamedAddresses named;
  std::vector<CodeLocation> code;
  for (size_t i = 0; i < addresses.size(); ++i) {
    named.look.answers.push_back(
        {addresses[i], places[i], FindObject(*look.heap, addresses[i], places[i])});
    if (places[i].kind == PlaceKind::kCode) code.push_back(AfterFirstByte(places[i].location));
  }
  named.look.look = look.heap->Describe();
  SEEP_RETURN_IF_ERROR(FinishLook(look, &named.look.look));
  named.symbols = NameCode(look, code);
  return named;
}

int ShowPlaces(const WhatOptions& options) {
  absl::StatusOr<NamedAddresses> named = LookUp(options);
  if (!named.ok()) {
    SayError(named.status());
    return absl::IsInvalidArgument(named.status()) ? kExitUsage : kExitNotMeasured;
  }
  if (options.json) return PrintResult(AddressJson(named->look, named->symbols));
  return PrintResult(AddressText(named->look, named->symbols, TerminalText()));
}

constexpr char kFooter[] = R"(Examples:
  seep what 1234 0x7f0012345678                 block, size, class with bases, offset in it
  seep what 1234 0x55d0c0ffee00 7ffd0badf00d    several at the price of one
  seep what core.1234 0x7f0012345678            in a core

An address that is no part of a heap is told by its module, mapping or stack. A process is neither
stopped nor written to.)";

}  // namespace

void AddWhatCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command = app.add_subcommand("what", "tell what lies at an address");
  auto options = std::make_shared<WhatOptions>();
  command->add_option("target", options->target, "PID, prepared or not, or the path of a core")
      ->required();
  command->add_option("address", options->addresses, "hexadecimal, with or without 0x")
      ->required()
      ->check(CheckAddress);
  command->add_flag("--json", options->json, "print JSON");
  AddSymbolOptions(command, &options->symbols);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return ShowPlaces(*options); }; });
}

}  // namespace seep
