#include "analysis/site_type.h"

#include <string>
#include <vector>

#include "analysis/allocator_frames.h"
#include "gtest/gtest.h"

namespace seep {
namespace {

std::vector<SiteFrame> Stack(const std::vector<std::string>& functions) {
  std::vector<SiteFrame> frames;
  for (const std::string& function : functions) frames.emplace_back().function = function;
  return frames;
}

// Under operator new and above the program's own frame.
std::optional<HeldType> TypeUnder(std::vector<std::string> library) {
  library.insert(library.begin(), "operator new(unsigned long)");
  library.push_back("order::Locks::Take(unsigned long)");
  return TypeFromSite(Stack(library));
}

TEST(FirstFrameOfInterest, IsBelowTheAllocatorMachinery) {
  EXPECT_EQ(FirstFrameOfInterest(Stack({"malloc", "Parse(char*)", "main"})), 1u);
  EXPECT_EQ(FirstFrameOfInterest(Stack({"Parse(char*)", "malloc"})), 0u);
  EXPECT_EQ(FirstFrameOfInterest(Stack(
                {"malloc", "operator new(unsigned long)",
                 "__gnu_cxx::new_allocator<int>::allocate(unsigned long, void const*)",
                 "std::allocator_traits<std::allocator<int> >::allocate(std::allocator<int>&, "
                 "unsigned long)",
                 "std::vector<int, std::allocator<int> >::push_back(int&&)", "Grow()", "main"})),
            5u);
}

TEST(FirstFrameOfInterest, IsNotFooledByAReturnType) {
  EXPECT_EQ(FirstFrameOfInterest(Stack({"malloc", "std::string Describe<int>(int)", "main"})), 1u);
}

TEST(FirstFrameOfInterest, IsTheCallerOfAFactoryTemplate) {
  EXPECT_EQ(FirstFrameOfInterest(Stack(
                {"operator new(unsigned long)",
                 "common::Closure<void, Env*>* common::NewCallback<Handler, Env*>(Handler*, void "
                 "(Handler::*)(Env*))",
                 "Handler::Check(Env*)", "main"})),
            2u);
  // No template: it may well be the code that somebody has to look at.
  EXPECT_EQ(FirstFrameOfInterest(Stack({"malloc", "session::CreateSession(int)", "main"})), 1u);
  EXPECT_EQ(FirstFrameOfInterest(Stack({"malloc", "void Serve<Config>(Config)", "main"})), 1u);
}

TEST(FirstFrameOfInterest, StopsAtAFrameWithoutAName) {
  EXPECT_EQ(FirstFrameOfInterest(Stack({"malloc", "", "main"})), 1u);
}

TEST(FirstFrameOfInterest, IsTheOutermostWhenAllAreMachinery) {
  EXPECT_EQ(FirstFrameOfInterest(Stack({"malloc", "operator new(unsigned long)"})), 1u);
  EXPECT_EQ(FirstFrameOfInterest({}), 0u);
}

TEST(TypeFromSite, ReadsMakeUniqueAndMakeShared) {
  EXPECT_EQ(TypeUnder({"std::_MakeUniq<order::OrderLock>::__single_object "
                       "std::make_unique<order::OrderLock, unsigned long&>(unsigned long&)"}),
            (HeldType{"order::OrderLock", ""}));
  EXPECT_EQ(TypeUnder({"std::shared_ptr<order::OrderLock> std::make_shared<order::OrderLock>()"}),
            (HeldType{"order::OrderLock", "make_shared"}));
}

TEST(TypeFromSite, UnwrapsTheLibrarysNodes) {
  EXPECT_EQ(TypeUnder({"__gnu_cxx::new_allocator<std::_Sp_counted_ptr_inplace<order::OrderLock, "
                       "std::allocator<order::OrderLock>, (__gnu_cxx::_Lock_policy)2> >::allocate("
                       "unsigned long, void const*)"}),
            (HeldType{"order::OrderLock", "make_shared"}));
  EXPECT_EQ(TypeUnder({"std::__new_allocator<std::__detail::_Hash_node<std::pair<unsigned long "
                       "const, order::OrderLock>, false> >::allocate(unsigned long, void const*)"}),
            (HeldType{"std::pair<unsigned long const, order::OrderLock>", "hash node"}));
  EXPECT_EQ(
      TypeUnder({"std::allocator<std::_List_node<order::OrderLock> >::allocate(unsigned long)"}),
      (HeldType{"order::OrderLock", "list node"}));
  EXPECT_EQ(TypeUnder({"std::allocator<order::OrderLock>::allocate(unsigned long)"}),
            (HeldType{"order::OrderLock", "elements"}));
}

TEST(TypeFromSite, ReadsContainersWhoseAllocatorWasInlinedAway) {
  EXPECT_EQ(TypeUnder({"void std::vector<order::OrderLock, std::allocator<order::OrderLock> >::"
                       "_M_realloc_insert<order::OrderLock>(__gnu_cxx::__normal_iterator<order::"
                       "OrderLock*, std::vector<order::OrderLock> >, order::OrderLock&&)"}),
            (HeldType{"order::OrderLock", "elements"}));
  std::string table =
      "std::_Hashtable<unsigned long, std::pair<unsigned long const, order::OrderLock>, "
      "std::allocator<int>, std::__detail::_Select1st>::";
  EXPECT_EQ(TypeUnder({table + "_M_emplace<unsigned long&>(unsigned long&)"}),
            (HeldType{"std::pair<unsigned long const, order::OrderLock>", "hash node"}));
  EXPECT_EQ(TypeUnder({table + "_M_insert_unique_node(unsigned long, unsigned long)"}),
            (HeldType{"std::pair<unsigned long const, order::OrderLock>", "hash buckets"}));
  EXPECT_EQ(TypeUnder({"std::allocator<std::__detail::_Hash_node_base*>::allocate(unsigned long)",
                       table + "_M_rehash(unsigned long)"}),
            (HeldType{"std::pair<unsigned long const, order::OrderLock>", "hash buckets"}));
}

TEST(TypeFromSite, SaysNothingOfOtherCode) {
  EXPECT_EQ(TypeUnder({}), std::nullopt);
  EXPECT_EQ(TypeUnder({"std::thread::thread<void (&)()>(void (&)())"}), std::nullopt);
  // The program's own make_unique says nothing about the library's.
  EXPECT_EQ(TypeUnder({"mine::make_unique<X>()"}), std::nullopt);
  // A frame behind the program's own did not ask for this memory.
  EXPECT_EQ(TypeFromSite(Stack({"malloc", "f()", "std::make_unique<X>()"})), std::nullopt);
}

TEST(UnwrapLibraryType, OpensOnlyWrappers) {
  EXPECT_EQ(
      UnwrapLibraryType("std::_Sp_counted_ptr_inplace<order::OrderLock, std::allocator<void>, "
                        "(__gnu_cxx::_Lock_policy)2>"),
      (HeldType{"order::OrderLock", "make_shared"}));
  EXPECT_EQ(UnwrapLibraryType("std::_Sp_counted_ptr_inplace<User const, std::allocator<void>>"),
            (HeldType{"User", "make_shared"}));
  EXPECT_EQ(UnwrapLibraryType("std::vector<int, std::allocator<int> >"), std::nullopt);
  EXPECT_EQ(UnwrapLibraryType("order::_List_node<int>"), std::nullopt);
}

}  // namespace
}  // namespace seep
