# Runs STORM for SECONDS on a fresh RECORDING.
file(GLOB old ${RECORDING}*)
if(old)
  file(REMOVE ${old})
endif()
execute_process(COMMAND ${STORM} ${SECONDS} ${RECORDING} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "race_storm: ${result}")
endif()
