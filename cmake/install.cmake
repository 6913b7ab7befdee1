# Installs each component with what find_package and pkg-config need to know of it. All of it comes
# from the properties that turntable_component() sets; a new component changes nothing here.
if(NOT TURNTABLE_INSTALL)
    return()
endif()
include(CMakePackageConfigHelpers)
get_property(components GLOBAL PROPERTY TURNTABLE_COMPONENTS)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/turntable")
set(generated "${CMAKE_CURRENT_BINARY_DIR}/install")

# The components among the libraries that a component names: turntable::core gives core.
function(turntable_required_components out target)
    get_target_property(libraries ${target} TURNTABLE_REQUIRES)
    set(names "")
    foreach(library IN LISTS libraries)
        if(library MATCHES "^turntable::(.+)$")
            list(APPEND names ${CMAKE_MATCH_1})
        endif()
    endforeach()
    set(${out} "${names}" PARENT_SCOPE)
endfunction()

# A program links what a static library needs; a shared library brings it along itself.
function(turntable_external out target)
    get_target_property(rows ${target} TURNTABLE_EXTERNAL)
    if(BUILD_SHARED_LIBS OR NOT rows)
        set(rows "")
    endif()
    set(${out} "${rows}" PARENT_SCOPE)
endfunction()

# turntable_NAME.cmake: loads what the component requires, then its targets.
function(turntable_install_cmake name)
    turntable_required_components(required turntable_${name})
    turntable_external(rows turntable_${name})
    set(script "# What turntable::${name} needs, and then its targets.\n")
    foreach(other IN LISTS required)
        string(APPEND script "turntable_load(${other})\n")
    endforeach()
    foreach(row IN LISTS rows)
        string(REGEX REPLACE "\\|.*" "" package "${row}")
        if(package)
            string(APPEND script "find_dependency(${package})\n")
        endif()
    endforeach()
    string(APPEND script
        "include(\"\${CMAKE_CURRENT_LIST_DIR}/turntable_${name}_targets.cmake\")\n")
    file(CONFIGURE OUTPUT "${generated}/turntable_${name}.cmake" CONTENT "${script}" @ONLY)
    install(FILES "${generated}/turntable_${name}.cmake"
        DESTINATION "${package_dir}" COMPONENT dev)
    install(TARGETS turntable_${name} EXPORT turntable_${name}_targets
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
    install(EXPORT turntable_${name}_targets NAMESPACE turntable::
        DESTINATION "${package_dir}" COMPONENT dev)
endfunction()

# turntable-NAME.pc. Static and shared never share a prefix here, so a static library lists what it
# needs under Requires: `pkg-config --libs` is enough, without --static.
function(turntable_install_pkg_config name)
    turntable_required_components(required turntable_${name})
    turntable_external(rows turntable_${name})
    string(REPLACE "_" "-" dashed "${name}")
    list(TRANSFORM required PREPEND "turntable-")
    list(TRANSFORM required REPLACE "_" "-")
    list(TRANSFORM required APPEND " = ${PROJECT_VERSION}")
    set(flags "")
    foreach(row IN LISTS rows)
        string(REGEX REPLACE "^.*\\|" "" module "${row}")
        if(module MATCHES "^-")
            string(APPEND flags " ${module}")
        else()
            list(APPEND required "${module}")
        endif()
    endforeach()
    list(JOIN required ", " required)
    set(define "")
    if(NOT BUILD_SHARED_LIBS)
        set(define " -DTURNTABLE_STATIC")
    endif()
    file(RELATIVE_PATH up "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
    file(CONFIGURE OUTPUT "${generated}/turntable-${dashed}.pc" @ONLY CONTENT
[[prefix=${pcfiledir}/@up@
libdir=${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=${prefix}/@CMAKE_INSTALL_INCLUDEDIR@

Name: turntable-@dashed@
Description: @PROJECT_DESCRIPTION@ (@name@)
Version: @PROJECT_VERSION@
Requires: @required@
Libs: -L${libdir} -lturntable_@name@@flags@
Cflags: -I${includedir}@define@
]])
    install(FILES "${generated}/turntable-${dashed}.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)
endfunction()

foreach(name IN LISTS components)
    turntable_install_cmake(${name})
    turntable_install_pkg_config(${name})
endforeach()

configure_package_config_file(cmake/turntableConfig.cmake.in
    "${generated}/turntableConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${generated}/turntableConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${generated}/turntableConfig.cmake" "${generated}/turntableConfigVersion.cmake"
    DESTINATION "${package_dir}" COMPONENT dev)

if(TARGET turntable_cli)
    file(RELATIVE_PATH to_libraries "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
    set_target_properties(turntable_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
    install(TARGETS turntable_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cli)
endif()
