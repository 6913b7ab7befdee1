#include "net/io_thread.hpp"

#include <boost/asio/post.hpp>

namespace turntable::inline v0::net {

IoThread::IoThread()
    : guard_(boost::asio::make_work_guard(context_)), thread_([this] {
          const LibraryThreadScope scope;
          context_.run();
      }) {}

IoThread::~IoThread() { stop(); }

void IoThread::post(UniqueFunction<void()> work) {
    boost::asio::post(context_, [held = std::move(work)]() mutable { held(); });
}

void IoThread::stop() {
    guard_.reset();
    if (thread_.joinable()) {
        thread_.join();
    }
}

}  // namespace turntable::inline v0::net
