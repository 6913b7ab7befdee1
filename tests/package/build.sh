#!/bin/bash
# build.sh BUILD: everything that a configured folder can build.
set -euo pipefail
cmake --build "$1"
