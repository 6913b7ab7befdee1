#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// \file
/// What one connection may cost, in bytes, counts and time.
///
/// Purpose: every limit of the transport is here, with its default; tests try each on both sides.
/// Ownership: a value. Threads: a value. Errors: none; what a passed limit leads to stands beside
/// it.
namespace turntable::inline v0::net::http {

struct Limits {
    /// Names and values of the fields of a message, and its target; more is answered with 431.
    std::size_t head_bytes = 64 * 1024;
    /// Fields of a message; more is answered with 431.
    std::size_t head_fields = 100;
    /// Requests under way on one connection of HTTP/2; more are refused.
    std::uint32_t concurrent_streams = 100;
    /// Bodies of requests, all streams of a connection together, that are not complete; the stream
    /// that brings more is answered with 503.
    std::uint64_t bodies_bytes = std::uint64_t{64} * 1024 * 1024;
    /// How much the other end may send of one stream before it must wait.
    std::uint32_t stream_window_bytes = 256 * 1024;
    /// The same for a connection.
    std::uint32_t connection_window_bytes = 1024 * 1024;
    /// What waits to be written; streams are not asked for more beyond it.
    std::size_t output_bytes = 256 * 1024;
    /// What came of further requests of HTTP/1.1 while one is answered; then nothing is read.
    std::size_t pipeline_bytes = 64 * 1024;
    /// Answers to control frames (SETTINGS, PING) that the other end does not read; then the
    /// connection ends.
    std::size_t outstanding_acks = 1000;
    /// Frames of HTTP/2 that carry nothing, at once and again each second: SETTINGS, PING,
    /// PRIORITY, empty DATA, and updates of windows that were not needed; more ends the
    /// connection.
    std::uint32_t control_frames = 1000;
    std::uint32_t control_frames_per_second = 100;
    /// CONTINUATION frames of one head; more ends the connection.
    std::size_t continuations = 8;
    /// Requests that the other end cancels, at once and again each second; more ends the
    /// connection.
    std::uint32_t resets = 200;
    std::uint32_t resets_per_second = 50;

    /// Nothing under way.
    std::chrono::milliseconds idle_time{75'000};
    /// From the first byte of a head to its last, and from the connection to the first head.
    std::chrono::milliseconds head_time{10'000};
    /// For a body, beside one second for each `rate_bytes` of it.
    std::chrono::milliseconds body_time{30'000};
    /// The other end takes fewer than `rate_bytes` of what waits for it in so long.
    std::chrono::milliseconds write_time{30'000};
    std::uint64_t rate_bytes = 1024;
    /// How long input is still read and dropped after the last answer, so that it arrives.
    std::chrono::milliseconds linger_time{1'000};
};

}  // namespace turntable::inline v0::net::http
