// The two macros that abseil 20220623 lacks.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SEEP_CONCAT_INNER(a, b) a##b
#define SEEP_CONCAT(a, b) SEEP_CONCAT_INNER(a, b)

// Returns from the function if `expression` is not OK.
#define SEEP_RETURN_IF_ERROR(expression)                                                \
  do {                                                                                  \
    if (absl::Status seep_status = (expression); !seep_status.ok()) return seep_status; \
  } while (false)

// `declaration` = the value of the StatusOr `expression`, or returns its error.
#define SEEP_ASSIGN_OR_RETURN(declaration, expression) \
  SEEP_ASSIGN_OR_RETURN_INNER(SEEP_CONCAT(seep_or_, __LINE__), declaration, expression)
#define SEEP_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                        \
  if (!temporary.ok()) return temporary.status();                       \
  declaration = std::move(temporary).value()
