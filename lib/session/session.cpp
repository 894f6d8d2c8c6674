#include "session/session_core.hpp"

#include <coseal/session.hpp>

#include <asio/error.hpp>

namespace coseal {
namespace {

/// The throwing form of an outcome.
template <typename T>
T value_or_throw(result<T> outcome, const session::core& of) {
  if (!outcome) throw error(outcome.error(), of.explain(outcome.error()));
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

}  // namespace

session::session(std::shared_ptr<core> behind) noexcept : core_(std::move(behind)) {}

session& session::operator=(session&& other) noexcept {
  if (this != &other) {
    if (core_) core_->release();
    core_ = std::move(other.core_);
  }
  return *this;
}

session::~session() {
  if (core_) core_->release();
}

std::error_code session::try_send(std::span<const std::byte> frame) {
  return core_->try_send(frame);
}

std::error_code session::try_queue(std::span<const std::byte> frame) {
  return core_->try_queue(frame);
}

std::size_t session::try_send_some(std::span<const std::span<const std::byte>> frames,
                                   std::error_code& error) {
  return core_->try_send_some(frames, error);
}

// A small frame with room for it costs one coroutine and no error code; everything else takes the long way.
task<void> session::send(std::span<const std::byte> frame) {
  if (core_->append_small(frame)) co_return;
  co_await send(frame, operation_options());
}

task<void> session::send(std::span<const std::byte> frame, operation_options options) {
  const auto alive = core_;
  auto sent = co_await alive->send(frame, std::move(options));
  value_or_throw(std::move(sent), *alive);
}

task<result<void>> session::send(as_result_t, std::span<const std::byte> frame) {
  if (core_->append_small(frame)) co_return result<void>();
  const auto alive = core_;
  co_return co_await alive->send(frame, operation_options());
}

task<result<void>> session::send(as_result_t, std::span<const std::byte> frame, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->send(frame, std::move(options));
}

task<void> session::send(frame_buffer frame, operation_options options) {
  const auto alive = core_;
  auto sent = co_await alive->send(std::move(frame), std::move(options));
  value_or_throw(std::move(sent), *alive);
}

task<result<void>> session::send(as_result_t, frame_buffer frame, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->send(std::move(frame), std::move(options));
}

task<std::size_t> session::send_some(std::span<const std::span<const std::byte>> frames,
                                     operation_options options) {
  const auto alive = core_;
  auto sent = co_await alive->send_some(frames, std::move(options));
  co_return value_or_throw(std::move(sent), *alive);
}

task<result<std::size_t>> session::send_some(as_result_t, std::span<const std::span<const std::byte>> frames,
                                             operation_options options) {
  const auto alive = core_;
  co_return co_await alive->send_some(frames, std::move(options));
}

frame_buffer session::make_frame(std::size_t n) {
  return outbound::make_frame(n);
}

task<frame> session::receive(operation_options options) {
  const auto alive = core_;
  auto got = co_await alive->receive<frame, &inbound::next_frame>(std::move(options));
  co_return value_or_throw(std::move(got), *alive);
}

task<result<frame>> session::receive(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->receive<frame, &inbound::next_frame>(std::move(options));
}

task<frame_batch> session::receive_some(operation_options options) {
  const auto alive = core_;
  auto got = co_await alive->receive<frame_batch, &inbound::next_frames>(std::move(options));
  co_return value_or_throw(std::move(got), *alive);
}

task<result<frame_batch>> session::receive_some(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->receive<frame_batch, &inbound::next_frames>(std::move(options));
}

void session::when_receivable(std::function<void()> then) {
  core_->when_receivable(std::move(then));
}

task<void> session::drain(operation_options options) {
  const auto alive = core_;
  auto done = co_await alive->drain(std::move(options));
  value_or_throw(std::move(done), *alive);
}

task<result<void>> session::drain(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->drain(std::move(options));
}

task<void> session::shutdown_send(operation_options options) {
  const auto alive = core_;
  auto done = co_await alive->shutdown_send(std::move(options));
  value_or_throw(std::move(done), *alive);
}

task<result<void>> session::shutdown_send(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->shutdown_send(std::move(options));
}

task<void> session::close(operation_options options) {
  const auto alive = core_;
  auto done = co_await alive->close(std::move(options));
  value_or_throw(std::move(done), *alive);
}

task<result<void>> session::close(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->close(std::move(options));
}

void session::abort() noexcept {
  if (core_) core_->abort();
}

void session::reject(std::error_code why) noexcept {
  if (core_) core_->reject(why);
}

task<clock::duration> session::ping(operation_options options) {
  const auto alive = core_;
  auto time = co_await alive->ping(std::move(options));
  co_return value_or_throw(std::move(time), *alive);
}

task<result<clock::duration>> session::ping(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->ping(std::move(options));
}

task<void> session::accepted(operation_options options) {
  const auto alive = core_;
  auto done = co_await alive->accepted(std::move(options));
  value_or_throw(std::move(done), *alive);
}

task<result<void>> session::accepted(as_result_t, operation_options options) {
  const auto alive = core_;
  co_return co_await alive->accepted(std::move(options));
}

result<std::vector<std::byte>> session::export_secret(std::string_view label,
                                                      std::span<const std::byte> context,
                                                      std::size_t n) const {
  return core_->export_secret(label, context, n);
}

session_binding session::binding() const {
  return core_->binding();
}

session_info session::info() const {
  return core_->info();
}
std::string session::explain(std::error_code failure) const {
  return core_->explain(failure);
}
std::error_code session::failure() const noexcept {
  return core_->failure();
}
asio::any_io_executor session::executor() const noexcept {
  return core_->executor();
}

}  // namespace coseal
