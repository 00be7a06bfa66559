#include "symbolizer/debug_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "symbolizer/type_scopes.h"
#include "tests/symbolizer/elf_workshop.h"
#include "tests/symbolizer/fixtures/types.h"

namespace order {
Base::~Base() = default;
Service::~Service() = default;
}  // namespace order

namespace seep {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ComparableTypeName, IsOneForDwarfAndDemangler) {
  EXPECT_EQ(ComparableTypeName("order::Ring<std::vector<long unsigned int> >"),
            ComparableTypeName("order::Ring<std::vector<unsigned long>>"));
  EXPECT_EQ(ComparableTypeName("Ring<order::Lock, 3>"),
            ComparableTypeName("Ring<order::Lock, 3ul>"));
  EXPECT_EQ(ComparableTypeName("A<long int, short int>"), "A<long,short>");
  EXPECT_NE(ComparableTypeName("unsigned Char"), ComparableTypeName("unsignedChar"));
  EXPECT_NE(ComparableTypeName("Slot3u"), ComparableTypeName("Slot3"));
}

class DebugTypesTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto file = ElfFile::Open(FixturePath(GetParam()));
    ASSERT_TRUE(file.ok());
    file_.emplace(*std::move(file));
    auto types = DebugTypes::Open(*file_, Deadline(std::chrono::seconds(10)));
    ASSERT_TRUE(types.ok()) << types.status();
    types_ = *std::move(types);
    EXPECT_FALSE(types_->cut_short());
  }

  // What the pointer in that place of a Service points at: "" for none that is known.
  std::string PointeeIn(const void* member, uint64_t into = 0) {
    uint64_t offset = static_cast<uint64_t>(static_cast<const char*>(member) -
                                            reinterpret_cast<const char*>(&service_)) +
                      into;
    return PointeeAt(types_->Find("order::Service"), offset);
  }
  std::string PointeeAt(TypeId type, uint64_t offset) {
    if (type.is_none()) return "no such type";
    for (const TypeLayout::Pointer& pointer : types_->LayoutOf(type).pointers) {
      if (pointer.offset != offset) continue;
      return pointer.pointee.is_none() ? "" : types_->NameOf(pointer.pointee);
    }
    return "no pointer";
  }

  std::optional<ElfFile> file_;
  std::unique_ptr<DebugTypes> types_;
  order::Service service_;
};

TEST_P(DebugTypesTest, ClassesAreFoundByName) {
  for (std::string name : {"order::Lock", "order::Entry", "order::Service", "order::Base"}) {
    TypeId type = types_->Find(name);
    ASSERT_FALSE(type.is_none()) << name;
    EXPECT_EQ(types_->NameOf(type), name);
  }
  EXPECT_EQ(types_->LayoutOf(types_->Find("order::Lock")).size, sizeof(order::Lock));
  EXPECT_EQ(types_->LayoutOf(types_->Find("order::Service")).size, sizeof(order::Service));
  EXPECT_FALSE(types_->Find("order::Ring<order::Lock, 4ul>").is_none());
  EXPECT_TRUE(types_->Find("Lock").is_none());
  EXPECT_TRUE(types_->Find("order::Hidden").is_none());
}

TEST_P(DebugTypesTest, PointersOfMembers) {
  EXPECT_EQ(PointeeIn(&service_.inherited), "order::Lock");
  EXPECT_EQ(PointeeIn(&service_.entries), "order::Entry");
  EXPECT_EQ(PointeeIn(&service_.shared), "order::Entry");
  for (auto& slot : service_.ring.slots) EXPECT_EQ(PointeeIn(&slot), "order::Entry");
  EXPECT_EQ(PointeeIn(&service_.constant), "order::Lock");
  EXPECT_EQ(PointeeIn(&service_.hidden), "order::Hidden");
  EXPECT_EQ(PointeeIn(&service_.anything), "");
  EXPECT_EQ(PointeeIn(&service_.function), "");
  EXPECT_EQ(PointeeIn(&service_.another), "order::Entry");
  EXPECT_EQ(PointeeAt(types_->Find("order::Entry"), 0), "order::Lock");
  EXPECT_EQ(PointeeAt(types_->Find("order::Entry"), 8), "no pointer");
}

TEST_P(DebugTypesTest, AUnionsPointerIsAnAlternative) {
  uint64_t offset = static_cast<uint64_t>(reinterpret_cast<const char*>(&service_.maybe) -
                                          reinterpret_cast<const char*>(&service_));
  for (const auto& pointer : types_->LayoutOf(types_->Find("order::Service")).pointers) {
    EXPECT_EQ(pointer.alternative, pointer.offset == offset) << pointer.offset;
  }
}

// A container's first link, which is declared as a pointer to what all nodes have in common.
TEST_P(DebugTypesTest, ContainersHoldTheirNodes) {
  EXPECT_THAT(PointeeIn(&service_.by_name, 16), StartsWith("std::__detail::_Hash_node<std::pair<"));
  EXPECT_THAT(PointeeIn(&service_.by_number, 16), StartsWith("std::_Rb_tree_node<std::pair<"));
  EXPECT_EQ(PointeeIn(&service_.in_order), "std::_List_node<order::Lock>");
  EXPECT_EQ(PointeeIn(&service_.forwards), "std::_Fwd_list_node<order::Lock>");
}

TEST_P(DebugTypesTest, NodesHoldOneAnotherAndTheirValue) {
  std::vector<TypeId> nodes = types_->Nodes(NodeKind::kHash);
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(types_->NodeKindOf(nodes[0]), NodeKind::kHash);
  const std::string name = types_->NameOf(nodes[0]);
  EXPECT_THAT(name, HasSubstr("order::Entry"));
  EXPECT_EQ(PointeeAt(nodes[0], 0), name);
  EXPECT_EQ(PointeeAt(nodes[0], 8), "char") << "the text of the key";
  EXPECT_EQ(PointeeAt(nodes[0], 8 + sizeof(std::string)), "order::Lock");

  nodes = types_->Nodes(NodeKind::kTree);
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(PointeeAt(nodes[0], 24), types_->NameOf(nodes[0]));
  EXPECT_EQ(PointeeAt(nodes[0], 40), "order::Lock");
  EXPECT_EQ(types_->Nodes(NodeKind::kList).size(), 1u);
  EXPECT_EQ(types_->Nodes(NodeKind::kForwardList).size(), 1u);
  EXPECT_TRUE(types_->Nodes(NodeKind::kNone).empty());
}

TEST_P(DebugTypesTest, VariablesByAddress) {
  LoadedFixture loaded(GetParam());
  uint64_t service = loaded.Call("AddressOfService");
  for (uint64_t offset : {uint64_t{0}, uint64_t{sizeof(order::Service) - 1}}) {
    auto variable = types_->VariableAt(service + offset);
    ASSERT_TRUE(variable.has_value());
    EXPECT_EQ(variable->name, "order::g_service");
    EXPECT_EQ(variable->address, service);
    EXPECT_EQ(types_->NameOf(variable->type), "order::Service");
  }
  auto local = types_->VariableAt(loaded.Call("AddressOfLocal"));
  ASSERT_TRUE(local.has_value());
  EXPECT_EQ(local->name, "AddressOfLocal()::ring");
  auto member = types_->VariableAt(loaded.Call("AddressOfStaticMember"));
  ASSERT_TRUE(member.has_value());
  EXPECT_EQ(member->name, "order::Service::shared_by_all");
  auto unseen = types_->VariableAt(loaded.Call("AddressOfUnseen"));
  ASSERT_TRUE(unseen.has_value());
  EXPECT_EQ(unseen->name, "order::(anonymous namespace)::unseen");
  EXPECT_FALSE(types_->VariableAt(1).has_value());
}

TEST_P(DebugTypesTest, TimeIsLimited) {
  auto types = DebugTypes::Open(*file_, Deadline(std::chrono::seconds(-1)));
  ASSERT_TRUE(types.ok());
  EXPECT_TRUE((*types)->cut_short());
}

INSTANTIATE_TEST_SUITE_P(Dwarf, DebugTypesTest, ::testing::Values("types4", "types5"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace seep
