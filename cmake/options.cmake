# What a build contains. Parts that only developers need are off inside another project.
option(BUILD_SHARED_LIBS "Build shared libraries" OFF)
option(TURNTABLE_BACKEND_SQLITE "Build the sqlite: backend (needs SQLite 3.35 or newer)" ON)
option(TURNTABLE_BACKEND_LMDB "Build the lmdb: backend (needs LMDB 0.9)" ON)
option(TURNTABLE_TAPE_ZSTD "Read and write .tape.zst (needs zstd 1.4)" ON)
option(TURNTABLE_NET "Build what speaks HTTP (needs Boost 1.81, libnghttp2, OpenSSL 3 and zlib)" ON)
option(TURNTABLE_BACKEND_HTTP "Build the http: and https: backend (needs TURNTABLE_NET)" ON)
option(TURNTABLE_BUILD_CLI "Build the turntable program (needs all of these and CLI11)"
    ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_INSTALL "Add install rules" ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_TEST_ALL_UNITS
    "Build all unit tests, also where threads meet, and replays of fuzzed inputs; off in ./test"
    ON)
option(TURNTABLE_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(TURNTABLE_BUILD_BENCH "Build the benchmarks" OFF)
option(TURNTABLE_PRECOMPILE
    "Parse shared headers once; off, the build shows that each file includes what it uses" OFF)
option(TURNTABLE_BUILD_FUZZERS "Build the fuzzers (clang only)" OFF)
set(TURNTABLE_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")

if(TURNTABLE_BACKEND_HTTP AND NOT TURNTABLE_NET)
    message(STATUS "turntable: TURNTABLE_BACKEND_HTTP is off, because it needs TURNTABLE_NET, "
        "which is off")
    set(TURNTABLE_BACKEND_HTTP OFF)
endif()

# The program and the benchmarks use every backend, and the program serves.
foreach(needed IN ITEMS BACKEND_SQLITE BACKEND_LMDB BACKEND_HTTP NET)
    foreach(part IN ITEMS CLI BENCH)
        if(TURNTABLE_BUILD_${part} AND NOT TURNTABLE_${needed})
            message(STATUS "turntable: TURNTABLE_BUILD_${part} is off, because it needs "
                "TURNTABLE_${needed}, which is off")
            set(TURNTABLE_BUILD_${part} OFF)
        endif()
    endforeach()
endforeach()

# The tests reach below what the shared libraries export.
if(BUILD_SHARED_LIBS AND TURNTABLE_BUILD_TESTS)
    message(STATUS "turntable: TURNTABLE_BUILD_TESTS is off, because it needs "
        "BUILD_SHARED_LIBS to be off")
    set(TURNTABLE_BUILD_TESTS OFF)
endif()
