#include "channel/handler_run.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

namespace coseal {

error_kind kind_of(call_errc why) noexcept {
  switch (why) {
    case call_errc::no_handler:
      return error_kind::no_handler;
    case call_errc::malformed_input:
      return error_kind::malformed;
    case call_errc::level_too_low:
      return error_kind::level;
    case call_errc::refused:
      return error_kind::refused;
    case call_errc::busy:
      return error_kind::busy;
    case call_errc::draining:
      return error_kind::draining;
    case call_errc::handler_timed_out:
      return error_kind::timed_out;
    case call_errc::handler_cancelled:
      return error_kind::cancelled;
    default:
      return error_kind::failed;
  }
}

task<void> run_handler(std::shared_ptr<served_call> call, const handler& by,
                       const std::vector<around_handler>& layers, std::size_t from) {
  if (from == layers.size()) {
    co_await by.run(*call);
    co_return;
  }
  const next_handler next = [call, &by, &layers, from] { return run_handler(call, by, layers, from + 1); };
  co_await layers[from](call->context(), next);
}

handler_end judge_handler(const std::exception_ptr& failure, bool cancelled, error_kind because) {
  handler_end end;
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const call_refused& refusal) {
    end.kind = error_kind::refused;
    end.text = refusal.text();
    end.report = false;
  } catch (const std::system_error& thrown) {
    const bool aborted = thrown.code() == asio::error::operation_aborted || thrown.code() == errc::cancelled;
    if (aborted && cancelled) end.kind = because, end.report = false;
  } catch (...) {
  }
  end.report = end.report && failure;
  return end;
}

}  // namespace coseal
