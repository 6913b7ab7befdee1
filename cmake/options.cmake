# What a build contains. Parts that only developers need are off inside another project.
option(BUILD_SHARED_LIBS "Build shared libraries" OFF)
option(TURNTABLE_BACKEND_SQLITE "Build the sqlite: backend (needs SQLite 3.35 or newer)" ON)
option(TURNTABLE_BUILD_CLI "Build the turntable program" ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_BUILD_BENCH "Build the benchmarks" OFF)
option(TURNTABLE_BUILD_FUZZERS "Build the fuzzers (clang only)" OFF)
set(TURNTABLE_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
