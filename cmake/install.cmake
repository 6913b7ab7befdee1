# Filled by the packaging step: export sets, package configuration, pkg-config.
