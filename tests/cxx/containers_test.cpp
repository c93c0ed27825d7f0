// SPDX-License-Identifier: MIT
// The standard library's containers and algorithms in goroutines: templates
// and inline functions, of which some are inlined and others are called.
// Checked: the results, in all modes.
#include "goroutines.h"
#include "testing.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

static void test_vector(int n) {
  std::vector<int> v;
  for (int i = 0; i < n; i++) {
    v.push_back((i * 7919) % n);
    if (i % 16 == 0)
      vine_yield();
  }
  std::vector<std::vector<int>> rows(3, v);
  std::sort(rows[1].begin(), rows[1].end());
  std::stable_sort(rows[2].begin(), rows[2].end(),
                   [n](int a, int b) { return (a + n) > (b + n); });
  CHECK(std::is_sorted(rows[1].begin(), rows[1].end()));
  CHECK_EQ(rows[1][0], 0);
  CHECK_EQ(rows[1].back(), n - 1); // 7919 is prime: a permutation
  CHECK(std::equal(rows[1].rbegin(), rows[1].rend(), rows[2].begin()));
  CHECK_EQ(std::accumulate(v.begin(), v.end(), 0), n * (n - 1) / 2);
}

static void test_deque(int n) {
  std::deque<std::string> d;
  for (int i = 0; i < n; i++)
    if (i % 2)
      d.push_back(std::to_string(i));
    else
      d.push_front(std::to_string(i));
  vine_yield();
  CHECK_EQ(d.size(), n);
  CHECK(d.front() == std::to_string((n - 1) / 2 * 2));
  for (; d.size() > 1; d.pop_front())
    if (d.size() % 8 == 0)
      vine_yield();
  CHECK(d.back() == std::to_string(n / 2 * 2 - 1));
}

static void test_maps(int n) {
  std::map<std::string, int> sorted;
  std::unordered_map<std::string, int> hashed;
  std::set<int> values;
  for (int i = 0; i < n; i++) {
    std::string key = "key " + std::to_string(i % (n / 2));
    sorted[key] += i;
    hashed[key] += i;
    values.insert(-i);
  }
  vine_yield();
  CHECK_EQ(sorted.size(), n / 2);
  CHECK_EQ(hashed.size(), n / 2);
  for (auto &[key, value] : sorted)
    CHECK_EQ(hashed.at(key), value);
  CHECK_EQ(sorted.at("key 1"), 2 + n / 2);
  CHECK_EQ(*values.begin(), 1 - n);
  CHECK(hashed.find("none") == hashed.end());
  sorted.erase(sorted.begin(), std::prev(sorted.end()));
  CHECK_EQ(sorted.size(), 1);
}

static void test_strings(int n) {
  std::string s, t(static_cast<size_t>(n), 'x');
  for (int i = 0; i < n; i++) {
    s += static_cast<char>('a' + i % 26);
    s.insert(s.size() / 2, "-");
  }
  vine_yield();
  CHECK_EQ(s.size(), 2 * n);
  CHECK_EQ(std::count(s.begin(), s.end(), '-'), n);
  CHECK(s.substr(0, 1) == "-" && s.find("z") != std::string::npos);
  CHECK(t.replace(1, 1, "yy").size() == static_cast<size_t>(n) + 1);
}

static int twice(int x) {
  vine_yield();
  return 2 * x;
}

static void test_functions(int n) {
  std::vector<std::function<int(int)>> steps = {
      twice, [n](int x) { return x + n; },
      [big = std::string(100, 'b')](int x) {
        vine_yield();
        return x + static_cast<int>(big.size());
      }};
  int x = 1;
  for (auto &step : steps)
    x = step(x);
  CHECK_EQ(x, 2 + n + 100);
  std::function<int(int)> sum = [&](int k) { return k ? k + sum(k - 1) : 0; };
  CHECK_EQ(sum(n), n * (n + 1) / 2);
}

struct node {
  static int alive;
  int value;
  std::shared_ptr<node> next;
  explicit node(int v) : value(v) { __atomic_add_fetch(&alive, 1, 5); }
  node(const node &) = delete;
  ~node() { __atomic_sub_fetch(&alive, 1, 5); }
};
int node::alive;

static void test_pointers(int n) {
  std::shared_ptr<node> head;
  for (int i = 0; i < n; i++) {
    auto front = std::make_shared<node>(i);
    front->next = head;
    head = front;
  }
  std::weak_ptr<node> last = head;
  vine_yield();
  int sum = 0;
  for (auto p = head; p; p = p->next)
    sum += p->value;
  CHECK_EQ(sum, n * (n - 1) / 2);
  CHECK_EQ(last.use_count(), 1);
  head.reset();
  CHECK(last.expired());
  auto one = std::make_unique<node>(n);
  std::list<std::unique_ptr<node>> owners;
  owners.push_back(std::move(one));
  vine_yield();
  CHECK(!one && owners.front()->value == n);
}

static void everything(int n) {
  test_vector(n);
  test_deque(n);
  test_maps(n);
  test_strings(n);
  test_functions(n);
  test_pointers(n);
}

int main() {
  in_goroutines(8, [](int i) { everything(64 + 2 * i); });
  CHECK_EQ(node::alive, 0);
}
