#include "symbolizer/demangle.h"

#include <cxxabi.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <typeinfo>

namespace common {

struct Env {};
template <typename R, typename A>
struct Closure {};

}  // namespace common

namespace seep {
namespace {

TEST(Demangle, GivesTheFullName) {
  EXPECT_EQ(Demangle("_ZN6common7ClosureIvP3EnvE3RunEv"), "common::Closure<void, Env*>::Run()");
  EXPECT_EQ(Demangle("_Znwm"), "operator new(unsigned long)");
  EXPECT_EQ(Demangle("_ZN12_GLOBAL__N_13RunEi.part.0"),
            "(anonymous namespace)::Run(int) [clone .part.0]");
}

TEST(Demangle, LeavesOutReturnTypesOfTheFunctionOnly) {
  EXPECT_EQ(Demangle("_Z4makeI5OrderEPT_i"), "make<Order>(int)");
  EXPECT_EQ(Demangle("_ZN6common7ClosureIFvvEE3RunEv"), "common::Closure<void ()>::Run()");
  EXPECT_EQ(Demangle("_ZN6common7ClosureIFvvEEC2Ev"), "common::Closure<void ()>::Closure()");
  EXPECT_EQ(Demangle("_ZThn8_N6common7ClosureIFviEE3RunEv"),
            "non-virtual thunk to common::Closure<void (int)>::Run()");
  EXPECT_EQ(Demangle("_Z4callIFviEEiPT_"), "call<void (int)>(void (*)(int))");
  EXPECT_EQ(Demangle("_Z4callPFviE"), "call(void (*)(int))");
}

TEST(Demangle, LeavesAloneWhatIsNotMangled) {
  for (const char* name : {"", "main", "_Z", "_Zfoo", "i", "PKc", "_ZN3foo", "\x01\xff<b>"}) {
    EXPECT_EQ(Demangle(name), name);
  }
  std::string with_zero("_Z3foov\0_", 9);
  EXPECT_EQ(Demangle(with_zero), with_zero);
}

TEST(Demangle, ClosesBracketsTheSameWayEverywhere) {
  EXPECT_EQ(Demangle("_Z1fSt6vectorIS_IiSaIiEESaIS1_EE"),
            "f(std::vector<std::vector<int, std::allocator<int>>, "
            "std::allocator<std::vector<int, std::allocator<int>>>>)");
  EXPECT_EQ(NormalizeBrackets("A<B<C<int> > >"), "A<B<C<int>>>");
  EXPECT_EQ(NormalizeBrackets("A<&operator> >"), "A<&operator> >");
  EXPECT_EQ(NormalizeBrackets("A<&X::operator-> >"), "A<&X::operator-> >");
  EXPECT_EQ(NormalizeBrackets(" > >"), " >>");
}

TEST(DemangleClass, ReadsWhatRttiHolds) {
  using Closure = common::Closure<void, common::Env*>;
  EXPECT_EQ(DemangleClass(typeid(Closure).name()), "common::Closure<void, common::Env*>");
  EXPECT_EQ(DemangleClass("N6common7ClosureIFvvEEE"), "common::Closure<void ()>");
  EXPECT_EQ(DemangleClass("N6common7ClosureIvP3EnvEE"), "common::Closure<void, Env*>");
  EXPECT_EQ(DemangleClass("9OrderLock"), "OrderLock");
  EXPECT_EQ(DemangleClass("*N12_GLOBAL__N_16SecretE"), "(anonymous namespace)::Secret");
  EXPECT_EQ(
      DemangleClass("St23_Sp_counted_ptr_inplaceI9OrderLockSaIvELN9__gnu_cxx12_Lock_policyE2EE"),
      "std::_Sp_counted_ptr_inplace<OrderLock, std::allocator<void>, "
      "(__gnu_cxx::_Lock_policy)2>");
}

TEST(DemangleClass, ReadsLocalClassesAndLambdas) {
  struct Local {};
  EXPECT_EQ(DemangleClass(typeid(Local).name()),
            "seep::(anonymous namespace)::DemangleClass_ReadsLocalClassesAndLambdas_Test::"
            "TestBody()::Local");
  auto lambda = [](int) {};
  EXPECT_EQ(DemangleClass(typeid(lambda).name()),
            "seep::(anonymous namespace)::DemangleClass_ReadsLocalClassesAndLambdas_Test::"
            "TestBody()::{lambda(int)#1}");
}

TEST(DemangleClass, IsNeverAFunctionOrAVariable) {
  EXPECT_EQ(DemangleClass("_ZN3foo3barEv"), "_ZN3foo3barEv");
  EXPECT_EQ(DemangleClass(""), "");
  EXPECT_EQ(DemangleClass("*"), "");
  EXPECT_EQ(DemangleClass("</script><b>\"'\x01"), "</script><b>\"'\x01");
}

// abi::__cxa_demangle gives up at 1,024 characters.
TEST(Demangle, KnowsNamesOfThousandsOfCharacters) {
  std::string mangled = "N1AI";
  std::string expected = "A<";
  for (int i = 0; i < 500; ++i) {
    mangled += "3foo";
    expected += i == 0 ? "foo" : ", foo";
  }
  mangled += "EE";
  expected += ">";
  ASSERT_GT(mangled.size(), 2000u);
  EXPECT_EQ(DemangleClass("1AI" + mangled.substr(4, mangled.size() - 5)), expected);
}

TEST(Demangle, ReturnsWhatIsTooLongAsItIs) {
  std::string name = "_ZN10000" + std::string(10000, 'x') + "3barEv";
  EXPECT_EQ(Demangle(name), name);
  std::string pointers = "_Z1f" + std::string(8000, 'P') + "i";
  EXPECT_EQ(Demangle(pointers), pointers);
  std::string plain(10000, '<');
  EXPECT_EQ(Demangle(plain), plain);
}

// _Z1f St4pair<A,A> St4pair<that,that> …: each 10 characters double the text.
TEST(Demangle, StopsNamesThatGrowWithoutEnd) {
  constexpr const char* kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string name = "_Z1fSt4pairI1AS0_E";
  for (int i = 0; i < 30; ++i) {
    std::string previous = std::string("S") + kDigits[i + 1] + "_";
    name.append("S_I").append(previous).append(previous).append("E");
  }
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Demangle(name), name);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(Demangle, SurvivesDamagedNames) {
  using Table = std::map<std::string, std::function<std::unique_ptr<int>(common::Env&, int[3])>>;
  std::string whole = std::string("_Z1fI") + typeid(Table).name() + "EvT_DpRKNS_1BE";
  std::string alphabet = "_ZNSTIEJLDPROKXFvicp0123456789tsr.$\xff";
  std::mt19937 random(1);
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 50000; ++i) {
    std::string name = whole;
    for (int changes = 1 + static_cast<int>(random() % 12); changes > 0; --changes) {
      size_t at = 2 + random() % (name.size() - 2);
      if (random() % 4 == 0) {
        name.insert(at, name.substr(random() % name.size(), random() % 20));
      } else {
        name[at] = alphabet[random() % alphabet.size()];
      }
    }
    EXPECT_LE(Demangle(name).size(), size_t{64} << 10);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace seep
