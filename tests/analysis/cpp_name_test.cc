#include "analysis/cpp_name.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace seep {
namespace {

using ::testing::ElementsAre;

TEST(QualifiedName, DropsReturnTypeAndParameters) {
  EXPECT_EQ(QualifiedName("malloc"), "malloc");
  EXPECT_EQ(QualifiedName("proxy::Run(int, char**)"), "proxy::Run");
  EXPECT_EQ(QualifiedName("Server::Stop() const"), "Server::Stop");
  EXPECT_EQ(QualifiedName("std::_MakeUniq<order::OrderLock>::__single_object "
                          "std::make_unique<order::OrderLock, int>(int&&)"),
            "std::make_unique<order::OrderLock, int>");
  EXPECT_EQ(
      QualifiedName("unsigned long Count<std::pair<int, long> >(std::pair<int, long> const&)"),
      "Count<std::pair<int, long> >");
  EXPECT_EQ(QualifiedName("std::string Name<int>()"), "Name<int>");
  EXPECT_EQ(QualifiedName("decltype (x.f()) Call<X>(X&)"), "Call<X>");
  EXPECT_EQ(QualifiedName("Handle [clone .cold]"), "Handle");
  EXPECT_EQ(QualifiedName("Handle(int) [clone .part.0]"), "Handle");
}

TEST(QualifiedName, KnowsOperators) {
  EXPECT_EQ(QualifiedName("operator new(unsigned long)"), "operator new");
  EXPECT_EQ(QualifiedName("operator new[](unsigned long, std::align_val_t)"), "operator new[]");
  EXPECT_EQ(QualifiedName("Arena::operator new(unsigned long)"), "Arena::operator new");
  EXPECT_EQ(QualifiedName("Closure<void (int)>::operator()(int) const"),
            "Closure<void (int)>::operator()");
  EXPECT_EQ(QualifiedName("std::ostream& std::operator<< <char>(std::ostream&, char)"),
            "std::operator<< <char>");
  EXPECT_EQ(QualifiedName("bool operator< <int>(Box<int> const&)"), "operator< <int>");
  EXPECT_EQ(QualifiedName("Text::operator std::string() const"), "Text::operator std::string");
  EXPECT_EQ(QualifiedName("Ptr::operator->() const"), "Ptr::operator->");
  EXPECT_EQ(QualifiedName("operator_of_nothing(int)"), "operator_of_nothing");
}

TEST(QualifiedName, GoesThroughLocalScopes) {
  EXPECT_EQ(QualifiedName("(anonymous namespace)::Worker::Loop(int)"),
            "(anonymous namespace)::Worker::Loop");
  EXPECT_EQ(QualifiedName("Server::Start()::{lambda(int)#1}::operator()(int) const"),
            "Server::Start()::{lambda(int)#1}::operator()");
  EXPECT_EQ(
      QualifiedName("void Server::Stop() const::{lambda(auto:1)#2}::operator()<int>(int) const"),
      "Server::Stop() const::{lambda(auto:1)#2}::operator()<int>");
}

TEST(SplitName, SplitsScopesAndArguments) {
  auto parts = SplitName("std::__cxx11::list<a::B<c::D>, std::allocator<a::B<c::D> > >::push_back");
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[1].name, "__cxx11");
  EXPECT_EQ(parts[2].name, "list");
  EXPECT_EQ(parts[2].arguments, "a::B<c::D>, std::allocator<a::B<c::D> > ");
  EXPECT_EQ(parts[3].name, "push_back");
  EXPECT_EQ(parts[3].arguments, "");
  EXPECT_EQ(SplitName("Box::operator<").back().name, "operator<");
}

TEST(SplitArguments, MindsNestingAndComparisons) {
  EXPECT_THAT(SplitArguments("unsigned long const, std::pair<A, B>, false"),
              ElementsAre("unsigned long const", "std::pair<A, B>", "false"));
  EXPECT_THAT(SplitArguments("void (int, char), (a<b), C"),
              ElementsAre("void (int, char)", "(a<b)", "C"));
  EXPECT_THAT(SplitArguments("decltype(p->x), D"), ElementsAre("decltype(p->x)", "D"));
  EXPECT_THAT(SplitArguments("T, (__gnu_cxx::_Lock_policy)2"),
              ElementsAre("T", "(__gnu_cxx::_Lock_policy)2"));
}

TEST(CppName, TakesAnyBytes) {
  for (std::string text : {"", "(", ")", "<<<<", ">>>>", "operator", "operator ",
                           "::", "a(b::", "]}>)", "(anonymous namespace)", "->", "\xff\x01<"}) {
    QualifiedName(text);
    SplitName(text);
    SplitArguments(text);
  }
  std::string deep(2'000'000, '<');
  EXPECT_EQ(QualifiedName(deep), deep);
  std::string many_operators;
  for (int i = 0; i < 200'000; ++i) many_operators += "operator ";
  EXPECT_EQ(QualifiedName(many_operators).size(), many_operators.size());
}

}  // namespace
}  // namespace seep
