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
if(SEEP_JEMALLOC)
  find_library(SEEP_JEMALLOC_STATIC libjemalloc.a REQUIRED)
  find_library(SEEP_JEMALLOC_PIC libjemalloc_pic.a REQUIRED)
  census_program(_jemalloc COMPILE -fPIE LINK -pie)
  target_link_libraries(census_truth_jemalloc PRIVATE ${SEEP_JEMALLOC_PIC} ${CMAKE_DL_LIBS} m)
  census_program(_jemalloc_static COMPILE -fno-pie LINK -static -no-pie -s)
  target_link_libraries(census_truth_jemalloc_static PRIVATE ${SEEP_JEMALLOC_STATIC} m)
  e2e_test(census_jemalloc PROGRAMS census_truth census_truth_stripped census_truth_jemalloc
                                    census_truth_jemalloc_static e2e_freed_elsewhere)
  target_compile_definitions(e2e_census_jemalloc_test PRIVATE SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}")
endif()

find_library(SEEP_TCMALLOC_FULL NAMES libtcmalloc.so.4 tcmalloc)
find_library(SEEP_TCMALLOC_MINIMAL NAMES libtcmalloc_minimal.so.4 tcmalloc_minimal)
find_library(SEEP_TCMALLOC_STATIC libtcmalloc.a)
find_library(SEEP_TCMALLOC_MINIMAL_STATIC libtcmalloc_minimal.a)
if(SEEP_TCMALLOC_FULL AND SEEP_TCMALLOC_STATIC AND SEEP_TCMALLOC_MINIMAL_STATIC)
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
endif()

if(SEEP_MIMALLOC)
  e2e_test(census_mimalloc PROGRAMS census_truth census_truth_stripped e2e_freed_elsewhere)
  target_compile_definitions(e2e_census_mimalloc_test PRIVATE SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}")
endif()

e2e_program(glibc_corners)
e2e_test(census_glibc PROGRAMS census_truth census_truth_stripped census_truth_no_rtti
                               census_truth_static e2e_glibc_corners)

# --- The whole census, by the command line ----------------------------------------------------------

e2e_program(own_arena)
e2e_test(census PROGRAMS e2e_own_arena census_truth census_truth_no_rtti census_truth_static census_truth_stripped)
target_compile_definitions(e2e_census_test PRIVATE
  SEEP_E2E_TCMALLOC="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}"
  SEEP_E2E_JEMALLOC="${SEEP_JEMALLOC}" SEEP_E2E_MIMALLOC="${SEEP_MIMALLOC}")

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

if(SEEP_TCMALLOC_FULL AND SEEP_TCMALLOC_STATIC AND SEEP_TCMALLOC_MINIMAL_STATIC)
  e2e_program(two_sites)
  e2e_test(tcmalloc_samples PROGRAMS e2e_two_sites census_truth_tcmalloc census_truth_tcmalloc_static)
  target_compile_definitions(e2e_tcmalloc_samples_test PRIVATE
    SEEP_E2E_TCMALLOC_FULL="${SEEP_TCMALLOC_FULL}" SEEP_E2E_TCMALLOC_MINIMAL="${SEEP_TCMALLOC_MINIMAL}")
endif()
