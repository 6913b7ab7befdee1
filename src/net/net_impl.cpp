// The one file that compiles Asio itself.
#include <boost/asio/impl/src.hpp>
