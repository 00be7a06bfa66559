#include "symbolizer/short_name.h"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "symbolizer/demangle.h"

struct Order {};
struct OrderHash {
  size_t operator()(const Order&) const { return 0; }
};
template <typename T>
struct PoolAllocator : std::allocator<T> {
  template <typename U>
  struct rebind {
    using other = PoolAllocator<U>;
  };
};

namespace seep {
namespace {

template <typename T>
struct Name {
  static std::string Short() {
    std::string name = ShortName(DemangleClass(typeid(Name).name()));
    constexpr std::string_view kWrapper = "seep::(anonymous namespace)::Name<";
    return name.substr(kWrapper.size(), name.size() - kWrapper.size() - 1);
  }
};

TEST(ShortName, DropsDefaultArgumentsOfStandardContainers) {
  EXPECT_EQ(Name<std::string>::Short(), "std::string");
  EXPECT_EQ(Name<std::vector<std::string>>::Short(), "std::vector<std::string>");
  EXPECT_EQ(Name<std::deque<int>>::Short(), "std::deque<int>");
  EXPECT_EQ((Name<std::map<std::string, Order*>>::Short()), "std::map<std::string, Order*>");
  EXPECT_EQ((Name<std::multimap<Order*, int>>::Short()), "std::multimap<Order*, int>");
  EXPECT_EQ(Name<std::set<std::string>>::Short(), "std::set<std::string>");
  EXPECT_EQ(Name<std::unordered_set<int>>::Short(), "std::unordered_set<int>");
  EXPECT_EQ((Name<std::unordered_map<std::string, std::unique_ptr<Order>>>::Short()),
            "std::unordered_map<std::string, std::unique_ptr<Order>>");
  EXPECT_EQ(Name<std::priority_queue<int>>::Short(), "std::priority_queue<int>");
  EXPECT_EQ(Name<std::queue<std::vector<int>>>::Short(), "std::queue<std::vector<int>>");
}

TEST(ShortName, KnowsTheCharacterAliases) {
  EXPECT_EQ(Name<std::wstring>::Short(), "std::wstring");
  EXPECT_EQ(Name<std::u16string>::Short(), "std::u16string");
  EXPECT_EQ(Name<std::u8string_view>::Short(), "std::u8string_view");
  EXPECT_EQ(Name<std::ostringstream>::Short(), "std::ostringstream");
  EXPECT_EQ(Name<std::wifstream>::Short(), "std::wifstream");
  EXPECT_EQ(ShortName("std::basic_ostream<char8_t, std::char_traits<char8_t>>"),
            "std::basic_ostream<char8_t>");
}

TEST(ShortName, KeepsWhatIsNotTheDefault) {
  EXPECT_EQ((Name<std::vector<int, PoolAllocator<int>>>::Short()),
            "std::vector<int, PoolAllocator<int>>");
  EXPECT_EQ((Name<std::unordered_set<Order, OrderHash>>::Short()),
            "std::unordered_set<Order, OrderHash>");
  EXPECT_EQ(
      (Name<std::map<int, int, std::less<int>, PoolAllocator<std::pair<const int, int>>>>::Short()),
      "std::map<int, int, std::less<int>, PoolAllocator<std::pair<int const, int>>>");
  EXPECT_EQ((Name<std::map<int, int, std::greater<int>>>::Short()),
            "std::map<int, int, std::greater<int>>");
  EXPECT_EQ(ShortName("my::vector<int, std::allocator<int>>"),
            "my::vector<int, std::allocator<int>>");
  EXPECT_EQ(ShortName("my::std::vector<int, std::allocator<int>>"),
            "my::std::vector<int, std::allocator<int>>");
  EXPECT_EQ(ShortName("my::__cxx11::string"), "my::__cxx11::string");
}

TEST(ShortName, ReadsWhatCompilersWriteIntoDwarf) {
  EXPECT_EQ(ShortName("std::map<int, Order, std::less<int>, "
                      "std::allocator<std::pair<const int, Order> > >"),
            "std::map<int, Order>");
  EXPECT_EQ(ShortName("f<std::vector<int, std::allocator<int> > >::<lambda(int)>::operator()"),
            "f<std::vector<int>>::<lambda(int)>::operator()");
}

TEST(ShortName, DropsInlineNamespacesAndTheAbiTag) {
  EXPECT_EQ(ShortName("std::filesystem::__cxx11::path::stem() const"),
            "std::filesystem::path::stem() const");
  EXPECT_EQ(ShortName("std::chrono::_V2::steady_clock::now()"), "std::chrono::steady_clock::now()");
  EXPECT_EQ(ShortName("std::__1::vector<int, std::__1::allocator<int>>"), "std::vector<int>");
  EXPECT_EQ(ShortName("proxy::Name[abi:cxx11](int)"), "proxy::Name(int)");
  EXPECT_EQ(ShortName("proxy::Name[abi:v2](int)"), "proxy::Name[abi:v2](int)");
}

TEST(ShortName, UnderstandsFunctions) {
  EXPECT_EQ(
      ShortName(Demangle("_ZNSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS5_"
                         "EE9push_backEOS5_")),
      "std::vector<std::string>::push_back(std::string&&)");
  EXPECT_EQ(ShortName("common::Closure<void, Env*>::Run()"), "common::Closure<void, Env*>::Run()");
  EXPECT_EQ(ShortName("void f<int (*)(std::vector<int, std::allocator<int>>)>(int [3])"),
            "void f<int (*)(std::vector<int>)>(int [3])");
}

TEST(ShortName, IsNotMisledByOperators) {
  for (const char* name : {
           "bool operator< <int>(A<int> const&, A<int> const&)",
           "std::ostream& operator<< <char>(std::ostream&, char)",
           "A::operator>>(int)",
           "A::operator->() const",
           "A::operator->*(int) const",
           "auto operator<=>(A<int> const&, B const&)",
           "A::operator()<int>(int)",
           "B<(1)>(2)>",
           "decltype ((a)->b<int>()) f<int>(A<int>)",
           "A<((1)<(2))>",
           "A::operator,<int>(B<int>)",
       }) {
    EXPECT_EQ(ShortName(name), name);
  }
  EXPECT_EQ(ShortName("A::operator<=><std::vector<int, std::allocator<int>>>()"),
            "A::operator<=><std::vector<int>>()");
}

TEST(ShortName, GivesBackUnchangedWhatItCannotRead) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "A<";
  std::string closed = deep + "int";
  for (int i = 0; i < 5000; ++i) closed += ">";
  for (const std::string& name :
       {std::string(10000, '<'), std::string(10000, '('), deep, closed, std::string("a>b"),
        std::string("std::vector<int, std::allocator<int>"), std::string(")std::__cxx11::string("),
        std::string("</script>\"'\x01\x7f\n<b>"), std::string("A<\0>", 4), std::string("A<(>"),
        std::string(100000, 'a')}) {
    EXPECT_EQ(ShortName(name), name);
  }
}

TEST(ShortName, IsIdempotentOnAnyText) {
  const std::vector<std::string> pieces = {"std::",
                                           "__cxx11::",
                                           "_V2::",
                                           "basic_string",
                                           "vector",
                                           "map",
                                           "allocator",
                                           "<",
                                           ">",
                                           "<",
                                           ">",
                                           ", ",
                                           ",",
                                           " ",
                                           "(",
                                           ")",
                                           "[",
                                           "]",
                                           "[abi:cxx11]",
                                           "abi:cxx11",
                                           "operator",
                                           "->",
                                           "int",
                                           "char",
                                           "std::allocator<int>",
                                           "std::vector<int, std::allocator<int> >",
                                           "const",
                                           "::",
                                           "{",
                                           "}",
                                           "std::char_traits<char>",
                                           "\x01",
                                           "\xc3\xa4",
                                           "std::less<int>"};
  std::mt19937 random(2);
  int changed = 0;
  for (int i = 0; i < 300000; ++i) {
    std::string name;
    for (size_t n = random() % 14; n > 0; --n) name += pieces[random() % pieces.size()];
    std::string once = ShortName(name);
    changed += once != name;
    ASSERT_EQ(ShortName(once), once) << name;
    ASSERT_LE(once.size(), name.size() + name.size() / 2) << name;
  }
  EXPECT_GT(changed, 10000);
}

}  // namespace
}  // namespace seep
