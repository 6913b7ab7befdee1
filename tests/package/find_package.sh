#!/bin/bash
# find_package.sh PREFIX WORK CONSUMER COMPILER: builds and runs the consumer.
set -euo pipefail
. "$(dirname "$0")/common.sh"
fresh "$2" "$3"
configure_consumer "$2" "$4" "$1"
cmake --build "$2/build"
"$2/build/consumer" "$2"
