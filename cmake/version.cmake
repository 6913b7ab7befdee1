# The project version and the public header must say the same.
file(STRINGS "${PROJECT_SOURCE_DIR}/include/turntable/version.hpp" lines
    REGEX "^#define TURNTABLE_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
string(REGEX REPLACE "[^0-9;]" "" lines "${lines}")
list(JOIN lines "." header_version)
if(NOT header_version VERSION_EQUAL PROJECT_VERSION)
    message(FATAL_ERROR "include/turntable/version.hpp says ${header_version}, "
        "CMakeLists.txt says ${PROJECT_VERSION}")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS include/turntable/version.hpp)
