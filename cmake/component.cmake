# turntable_component(NAME [SOURCES ...] [HEADERS ...] [WITHOUT ...] [PUBLIC ...] [PRIVATE ...]
#                     [EXTERNAL ...])
# One library that links alone: target turntable_NAME, for others turntable::NAME.
#   SOURCES   default to all .cpp files below the calling folder
#   HEADERS   globs below include/; installed, and checked to compile alone
#   WITHOUT   those of HEADERS that belong to another component, by the same names
#   PUBLIC    components whose headers ours include: turntable::core
#   PRIVATE   what only our .cpp files use; wrap a header-only library in $<BUILD_INTERFACE:...>
#   EXTERNAL  for each library in PRIVATE that a program with our static library must link too:
#             "PACKAGE [VERSION]|PKG_CONFIG", as find_package and pkg-config know it, such as
#             "SQLite3 3.35|sqlite3"; a plain linker flag may stand for the pkg-config name. Without
#             a PACKAGE, as in "|-llmdb", PRIVATE names a plain library that has no CMake package
include(GNUInstallDirs)

function(turntable_component name)
    cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;WITHOUT;PUBLIC;PRIVATE;EXTERNAL" ${ARGN})
    if(NOT arg_SOURCES)
        file(GLOB_RECURSE arg_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    endif()
    set(headers "")
    foreach(pattern IN LISTS arg_HEADERS)
        file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/${pattern}")
        list(APPEND headers ${found})
    endforeach()
    foreach(header IN LISTS arg_WITHOUT)
        list(REMOVE_ITEM headers "${PROJECT_SOURCE_DIR}/include/${header}")
    endforeach()

    # Without its row a program could not link the static library.
    set(libraries ${arg_PRIVATE})
    list(FILTER libraries INCLUDE REGEX "^[A-Za-z0-9_]+::")
    list(FILTER libraries EXCLUDE REGEX "^turntable::")
    list(LENGTH libraries library_count)
    set(rows ${arg_EXTERNAL})
    list(FILTER rows EXCLUDE REGEX "^\\|")
    list(LENGTH rows row_count)
    if(NOT library_count EQUAL row_count)
        message(FATAL_ERROR "turntable_component(${name}): PRIVATE has ${libraries}, and EXTERNAL "
            "needs a row for each, such as \"SQLite3 3.35|sqlite3\"")
    endif()

    set(target turntable_${name})
    add_library(${target} ${arg_SOURCES})
    add_library(turntable::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name}
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        INSTALL_RPATH "$ORIGIN"
        TURNTABLE_REQUIRES "${arg_PUBLIC}"
        TURNTABLE_EXTERNAL "${arg_EXTERNAL}"
        VERIFY_INTERFACE_HEADER_SETS ON)
    target_sources(${target} PUBLIC FILE_SET HEADERS
        BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${headers})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_compile_features(${target} PUBLIC cxx_std_20)
    if(NOT BUILD_SHARED_LIBS)
        target_compile_definitions(${target} PUBLIC TURNTABLE_STATIC)
    elseif(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT TURNTABLE_SANITIZE)
        # A symbol that another component forgot to export is an error here, not in a program.
        target_link_options(${target} PRIVATE LINKER:-z,defs)
    endif()
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC}
        PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:turntable_build_flags>)
    set_property(GLOBAL APPEND PROPERTY TURNTABLE_COMPONENTS ${name})
endfunction()

# turntable::all links every component of this build.
function(turntable_all)
    get_property(components GLOBAL PROPERTY TURNTABLE_COMPONENTS)
    list(TRANSFORM components PREPEND turntable::)
    add_library(turntable_all INTERFACE)
    add_library(turntable::all ALIAS turntable_all)
    target_link_libraries(turntable_all INTERFACE ${components})
endfunction()
