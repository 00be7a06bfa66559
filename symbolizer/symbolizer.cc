#include "symbolizer/symbolizer.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "symbolizer/deadline.h"
#include "symbolizer/demangle.h"
#include "symbolizer/module_symbols.h"

namespace seep {
namespace {

constexpr size_t kProgressStep = 64;

struct ClassQuestion {
  uint64_t vtable;
  size_t place;  // in the table's class_names
};

// What is asked of one build of one file, however often it was loaded.
struct Job {
  const Module* module;
  std::vector<CodeLocation> code;
  std::vector<ClassQuestion> classes;
  std::vector<Symbol> symbols;  // the answers to `code`, in its order
};

// Reports come from one thread at a time.
class ProgressCounter {
 public:
  ProgressCounter(size_t total, const Symbolizer::Progress& report)
      : total_(total), report_(report) {}

  void Add(size_t done) {
    if (!report_ || done == 0) return;
    std::lock_guard<std::mutex> lock(mutex_);
    done_ += done;
    report_(done_, total_);
  }

 private:
  std::mutex mutex_;
  size_t done_ = 0;
  size_t total_;
  const Symbolizer::Progress& report_;
};

// The jobs, and at once the answers that no file is needed for.
class Plan {
 public:
  Plan(std::span<const Module> modules, SymbolTable* table) : modules_(modules), table_(table) {}

  void AddCode(std::span<const CodeLocation> code) {
    for (const CodeLocation& location : code) {
      if (!seen_.insert(location).second) continue;
      if (Job* job = JobOf(location)) {
        job->code.push_back(location);
      } else {
        table_->code[location].missing = "no module was loaded at the address";
      }
    }
  }

  void AddClasses(std::span<const ClassRequest> classes) {
    table_->class_names.resize(classes.size());
    for (size_t i = 0; i < classes.size(); ++i) {
      if (!classes[i].mangled.empty()) {
        table_->class_names[i] = DemangleClass(classes[i].mangled);
      } else if (Job* job = JobOf(classes[i].vtable)) {
        job->classes.push_back({classes[i].vtable.offset, i});
      }
    }
  }

  // Neighbours in a file share a unit, so each job is in order of addresses; the longest go first,
  // so that no thread begins one when all others have finished.
  std::vector<Job> Take() && {
    for (Job& job : jobs_) {
      std::sort(job.code.begin(), job.code.end(),
                [](const auto& a, const auto& b) { return a.offset < b.offset; });
    }
    std::stable_sort(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) {
      return a.code.size() + a.classes.size() > b.code.size() + b.classes.size();
    });
    return std::move(jobs_);
  }

 private:
  Job* JobOf(const CodeLocation& location) {
    if (location.module.is_none() || location.module.index() >= modules_.size()) return nullptr;
    const Module& module = modules_[location.module.index()];
    auto [it, inserted] = index_.try_emplace({module.path, module.build_id}, jobs_.size());
    if (inserted) jobs_.push_back({&module, {}, {}, {}});
    return &jobs_[it->second];
  }

  std::span<const Module> modules_;
  SymbolTable* table_;
  absl::flat_hash_set<CodeLocation> seen_;
  absl::flat_hash_map<std::pair<std::string, std::vector<uint8_t>>, size_t> index_;
  std::vector<Job> jobs_;
};

// Answers one job; class names go to their own places, which no other job touches.
void Run(const SymbolizerOptions& options, Job* job, std::vector<std::string>* class_names,
         ProgressCounter* progress) {
  Deadline deadline(options.time_limit_per_module);
  ModuleSymbols symbols(*job->module, DebugFileLocator(options.files), deadline);
  for (const ClassQuestion& question : job->classes) {
    if (deadline.passed()) break;
    (*class_names)[question.place] = DemangleClass(symbols.VtableClass(question.vtable));
  }
  size_t reported = 0;
  for (const CodeLocation& location : job->code) {
    size_t done = job->symbols.size();
    if (done > 0 && job->code[done - 1].offset == location.offset) {
      job->symbols.push_back(job->symbols.back());  // the same file, loaded twice
    } else if (deadline.passed()) {
      auto seconds = std::chrono::duration<double>(options.time_limit_per_module).count();
      job->symbols.push_back(
          {{}, absl::StrCat("timed out after ", seconds, " s in ", job->module->path)});
    } else {
      // One byte before the return address lies the call; 0 is before everything.
      job->symbols.push_back(symbols.At(location.offset == 0 ? 0 : location.offset - 1));
    }
    if (job->symbols.size() - reported == kProgressStep) {
      progress->Add(kProgressStep);
      reported = job->symbols.size();
    }
  }
  progress->Add(job->symbols.size() - reported);
}

size_t ThreadCount(unsigned wanted, size_t jobs) {
  size_t threads = wanted > 0 ? wanted : std::max(1u, std::thread::hardware_concurrency());
  return std::min(threads, jobs);
}

}  // namespace

SymbolTable Symbolizer::Symbolize(std::span<const Module> modules,
                                  std::span<const CodeLocation> code,
                                  std::span<const ClassRequest> classes,
                                  const Progress& progress) const {
  SymbolTable table;
  Plan plan(modules, &table);
  plan.AddCode(code);
  plan.AddClasses(classes);
  std::vector<Job> jobs = std::move(plan).Take();

  size_t total = 0;
  for (const Job& job : jobs) total += job.code.size();
  ProgressCounter counter(total, progress);
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < jobs.size(); i = next++) {
      Run(options_, &jobs[i], &table.class_names, &counter);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < ThreadCount(options_.threads, jobs.size()); ++i) {
      threads.emplace_back(work);
    }
  }

  for (Job& job : jobs) {
    for (size_t i = 0; i < job.code.size(); ++i) {
      table.code[job.code[i]] = std::move(job.symbols[i]);
    }
  }
  return table;
}

}  // namespace seep
