# Censuses of programs that nobody prepared, under every allocator and in all the ways that they come linked.

function(census_program name)
  cmake_parse_arguments(ARG "" "" "COMPILE;LINK" ${ARGN})
  add_executable(census_truth${name} programs/census_truth.cc)
  target_compile_options(census_truth${name} PRIVATE -Wall -Wextra -Wconversion -Werror -O2 ${ARG_COMPILE})
  target_link_options(census_truth${name} PRIVATE ${ARG_LINK})
  target_link_libraries(census_truth${name} PRIVATE Threads::Threads)
endfunction()
census_program("" COMPILE -fPIE LINK -pie)
census_program(_stripped COMPILE -fno-pie LINK -no-pie -s)
census_program(_no_rtti COMPILE -fPIE -fno-rtti LINK -pie -s)
census_program(_static COMPILE -fno-pie LINK -static -no-pie -s)

# --- Each allocator's walker ------------------------------------------------------------------------

e2e_program(freed_elsewhere)
find_library(SEEP_JEMALLOC_STATIC libjemalloc.a REQUIRED)
find_library(SEEP_JEMALLOC_PIC libjemalloc_pic.a REQUIRED)
census_program(_jemalloc COMPILE -fPIE LINK -pie)
target_link_libraries(census_truth_jemalloc PRIVATE ${SEEP_JEMALLOC_PIC} ${CMAKE_DL_LIBS} m)
census_program(_jemalloc_static COMPILE -fno-pie LINK -static -no-pie -s)
target_link_libraries(census_truth_jemalloc_static PRIVATE ${SEEP_JEMALLOC_STATIC} m)
e2e_test(census_jemalloc PROGRAMS census_truth census_truth_stripped census_truth_jemalloc
                                  census_truth_jemalloc_static e2e_freed_elsewhere)
target_compile_definitions(e2e_census_jemalloc_test PRIVATE SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}")

find_library(SEEP_TCMALLOC_FULL NAMES libtcmalloc.so.4 tcmalloc REQUIRED)
find_library(SEEP_TCMALLOC_MINIMAL NAMES libtcmalloc_minimal.so.4 tcmalloc_minimal REQUIRED)
find_library(SEEP_TCMALLOC_STATIC libtcmalloc.a REQUIRED)
find_library(SEEP_TCMALLOC_MINIMAL_STATIC libtcmalloc_minimal.a REQUIRED)
census_program(_tcmalloc COMPILE -fPIE LINK -pie -s)
target_link_libraries(census_truth_tcmalloc PRIVATE ${SEEP_TCMALLOC_STATIC} unwind)
census_program(_tcmalloc_minimal COMPILE -fno-pie LINK -no-pie)
target_link_libraries(census_truth_tcmalloc_minimal PRIVATE ${SEEP_TCMALLOC_MINIMAL_STATIC})
# Its libunwind has some of libgcc's names; nothing is thrown here.
census_program(_tcmalloc_static COMPILE -fno-pie LINK -static -no-pie -s -Wl,--allow-multiple-definition)
target_link_libraries(census_truth_tcmalloc_static PRIVATE ${SEEP_TCMALLOC_STATIC} unwind lzma)
census_program(_tcmalloc_static_pie COMPILE -fPIE LINK -static-pie -s)
target_link_libraries(census_truth_tcmalloc_static_pie PRIVATE ${SEEP_TCMALLOC_MINIMAL_STATIC})
e2e_test(census_tcmalloc PROGRAMS census_truth census_truth_no_rtti census_truth_stripped census_truth_tcmalloc
                                  census_truth_tcmalloc_minimal census_truth_tcmalloc_static
                                  census_truth_tcmalloc_static_pie)
target_compile_definitions(e2e_census_tcmalloc_test PRIVATE
  SEEP_E2E_TCMALLOC_FULL="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}")

e2e_test(census_mimalloc PROGRAMS census_truth census_truth_stripped e2e_freed_elsewhere)
target_compile_definitions(e2e_census_mimalloc_test PRIVATE SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}")

e2e_program(glibc_corners)
e2e_test(census_glibc PROGRAMS census_truth census_truth_stripped census_truth_no_rtti
                               census_truth_static e2e_glibc_corners)

# --- The whole census, by the command line ----------------------------------------------------------

e2e_program(own_arena)
e2e_test(census PROGRAMS e2e_own_arena census_truth census_truth_no_rtti census_truth_static census_truth_stripped)
find_library(SEEP_TBBMALLOC NAMES libtbbmalloc_proxy.so.2 REQUIRED)
target_compile_definitions(e2e_census_test PRIVATE SEEP_E2E_TBBMALLOC="${SEEP_TBBMALLOC}"
  SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}"
  SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}" SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}")

# Every allocator × build × way of reading; where an allocator has no static library, its program is "".
set(matrix_programs census_truth census_truth_no_rtti census_truth_static census_truth_stripped)
foreach(static tcmalloc_static tcmalloc_static_pie jemalloc_static)
  if(TARGET census_truth_${static})
    set(${static}_program census_truth_${static})
    list(APPEND matrix_programs census_truth_${static})
  endif()
endforeach()
e2e_test(census_matrix PROGRAMS ${matrix_programs})
target_compile_definitions(e2e_census_matrix_test PRIVATE
  SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}"
  SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}" SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}"
  SEEP_E2E_TCMALLOC_STATIC="${tcmalloc_static_program}"
  SEEP_E2E_TCMALLOC_MINIMAL_STATIC="${tcmalloc_static_pie_program}"
  SEEP_E2E_JEMALLOC_STATIC="${jemalloc_static_program}")

e2e_test(core_without_binary PROGRAMS census_truth census_truth_stripped)
target_compile_definitions(e2e_core_without_binary_test PRIVATE
  SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}"
  SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}" SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}")

e2e_program(embedded)
e2e_test(embedded PROGRAMS e2e_embedded)
target_compile_definitions(e2e_embedded_test PRIVATE
  SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}")

# --- A heap and its recording -------------------------------------------------------------------------

e2e_program(two_sites)
e2e_test(joined_census PROGRAMS e2e_two_sites)
target_compile_definitions(e2e_joined_census_test PRIVATE SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}")

e2e_test(jemalloc_samples PROGRAMS e2e_two_sites)
target_compile_definitions(e2e_jemalloc_samples_test PRIVATE SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}")

foreach(program hostile_heap sparse_heap steady_churn)
  e2e_program(${program})
endforeach()
e2e_test(hostile_census PROGRAMS e2e_hostile_heap)
e2e_test(sparse_heap PROGRAMS e2e_sparse_heap)
e2e_test(census_churn PROGRAMS e2e_steady_churn)
foreach(test hostile_census sparse_heap census_churn)
  target_compile_definitions(e2e_${test}_test PRIVATE
    SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}"
    SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}")
endforeach()

e2e_test(permission PROGRAMS e2e_hostile_heap mappings)

# --- Samples that tcmalloc takes by itself -----------------------------------------------------------

e2e_test(tcmalloc_samples PROGRAMS e2e_two_sites census_truth_tcmalloc census_truth_tcmalloc_static)
target_compile_definitions(e2e_tcmalloc_samples_test PRIVATE
  SEEP_E2E_TCMALLOC_FULL="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}")

# --- Blocks without a class ---------------------------------------------------------------------------

foreach(variant "" _stripped)
  add_executable(e2e_held${variant} programs/held.cc)
  target_compile_options(e2e_held${variant} PRIVATE -Wall -Wextra -Wconversion -Werror -O2 -g)
endforeach()
target_link_options(e2e_held_stripped PRIVATE -s)
if(SEEP_BUILD_EXAMPLES)
  get_target_property(sources order_locks_plain SOURCES)
  list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/examples/order_locks/)
  add_executable(order_locks_plain_stripped ${sources})
  target_compile_definitions(order_locks_plain_stripped PRIVATE ORDER_LOCKS_PLAIN)
  target_include_directories(order_locks_plain_stripped PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(order_locks_plain_stripped PRIVATE seep_example_support)
  target_link_options(order_locks_plain_stripped PRIVATE -s)
  e2e_test(held PROGRAMS e2e_held e2e_held_stripped order_locks_plain order_locks_plain_stripped)
  target_compile_definitions(e2e_held_test PRIVATE
    SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}")
endif()
