# seep_target(NAME): our warnings, and the sanitizer where one is asked for.
function(seep_target name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wconversion -Werror)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  if(SEEP_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${SEEP_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${name} PUBLIC -fsanitize=${SEEP_SANITIZE})
    # The instrumentation hides from g++ 12 that a std::optional has been tested.
    target_compile_options(${name} PRIVATE -Wno-maybe-uninitialized)
    if(SEEP_SANITIZE STREQUAL "thread")
      target_compile_options(${name} PRIVATE -Wno-tsan)  # it does not know fences
    endif()
  endif()
endfunction()
