# The library needs correct coroutines: g++ before 14 compiles some co_await expressions to code
# that frees memory twice. Programs that use the installed headers may be built with g++ 12.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    message(FATAL_ERROR
        "turntable must be built with clang 17 or newer (or g++ 14): this g++ miscompiles "
        "coroutines. Try: cmake --preset release, or -DCMAKE_CXX_COMPILER=clang++-19")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

# Warnings and sanitizers for our own targets only; nothing leaks to a consumer.
add_library(turntable_build_flags INTERFACE)
target_compile_options(turntable_build_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wunused -Wnull-dereference)
if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(turntable_build_flags INTERFACE -Werror)
endif()
if(TURNTABLE_SANITIZE)
    target_compile_options(turntable_build_flags INTERFACE
        -fsanitize=${TURNTABLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    if(TURNTABLE_SANITIZE MATCHES address)
        # What these find at an access, the address sanitizer finds too, for a seventh of the time
        # to compile.
        target_compile_options(turntable_build_flags INTERFACE -fno-sanitize=null,object-size)
    endif()
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        # A sanitizer makes much code of little, and choosing its instructions well takes a tenth of
        # the time to compile it.
        target_compile_options(turntable_build_flags INTERFACE "SHELL:-mllvm -fast-isel")
    endif()
    target_link_options(turntable_build_flags INTERFACE -fsanitize=${TURNTABLE_SANITIZE})
endif()
if(TURNTABLE_BUILD_FUZZERS)
    target_compile_options(turntable_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# turntable_optimise_unless_sanitized(TARGET): for code that tests run only a little, and that has
# no loop worth the name. Optimising what a sanitizer wrote takes three times as long to compile.
function(turntable_optimise_unless_sanitized target)
    if(TURNTABLE_SANITIZE)
        target_compile_options(${target} PRIVATE -O0)
    endif()
endfunction()

find_program(TURNTABLE_LLD NAMES ld.lld-19 ld.lld)
if(TURNTABLE_LLD AND PROJECT_IS_TOP_LEVEL)
    add_link_options(-fuse-ld=${TURNTABLE_LLD})
endif()

# turntable_precompile(TARGET HEADERS...): a target with many files parses these headers once. Most
# of the time of a build is parsing, but a file could then compile without an include that it needs:
# some build has to leave TURNTABLE_PRECOMPILE off.
function(turntable_precompile target)
    if(TURNTABLE_PRECOMPILE)
        target_precompile_headers(${target} PRIVATE ${ARGN})
        turntable_precompiled_the_same_each_time(${target})
    endif()
endfunction()

# turntable_precompiled_by(TARGET OTHER): the same with what OTHER, which has the same compiler
# options, has parsed.
function(turntable_precompiled_by target other)
    if(TURNTABLE_PRECOMPILE)
        target_precompile_headers(${target} REUSE_FROM ${other})
        turntable_precompiled_the_same_each_time(${target})
    endif()
endfunction()

# A compiler cache knows a precompiled header by its bytes.
function(turntable_precompiled_the_same_each_time target)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
endfunction()
