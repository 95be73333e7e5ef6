#include "ingest/pipeline/bounded_queue.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace grounds {
namespace {

TEST_CASE("every item that was taken in comes out once, through many threads and little room") {
  BoundedQueue<int> queue(3);
  std::atomic<long> sum = 0, count = 0;
  std::vector<std::thread> producers, consumers;
  for (int t = 0; t < 4; ++t)
    producers.emplace_back([&queue, t] {
      for (int i = 0; i < 500; ++i) CHECK(queue.push(t * 500 + i));
    });
  for (int t = 0; t < 3; ++t)
    consumers.emplace_back([&] {
      while (auto item = queue.pop()) {
        sum += *item;
        ++count;
      }
    });
  for (std::thread& thread : producers) thread.join();
  queue.close();
  for (std::thread& thread : consumers) thread.join();
  CHECK(count == 2000);
  CHECK(sum == 1999L * 2000 / 2);
}

TEST_CASE("closing wakes a producer that waits for room, and refuses its item") {
  BoundedQueue<int> queue(1);
  REQUIRE(queue.push(1));
  std::atomic<bool> taken = true;
  std::thread producer([&] { taken = queue.push(2); });
  queue.close();
  producer.join();
  CHECK(!taken);
  CHECK(queue.pop() == 1);
  CHECK(!queue.pop());
}

}  // namespace
}  // namespace grounds
