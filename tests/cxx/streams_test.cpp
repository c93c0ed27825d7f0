// SPDX-License-Identifier: MIT
// iostream in goroutines: libstdc++'s own code is foreign, its templates are
// compiled here, and it calls back operators and buffers of ours.
#include "goroutines.h"
#include "testing.h"

#include <iomanip>
#include <iostream>
#include <sstream>

struct point {
  int x, y;
};

static std::ostream &operator<<(std::ostream &out, const point &p) {
  vine_yield();
  return out << '(' << p.x << ", " << p.y << ')';
}

static std::istream &operator>>(std::istream &in, point &p) {
  char c;
  return in >> c >> p.x >> c >> p.y >> c;
}

static void test_stringstream(int i) {
  std::stringstream s;
  s << point{i, -i} << std::setw(6) << std::setfill('0') << std::hex << 255
    << ' ' << 1.5;
  CHECK(s.str() ==
        "(" + std::to_string(i) + ", " + std::to_string(-i) + ")0000ff 1.5");
  point p = {0, 0};
  s >> p;
  CHECK_EQ(p.x, i);
  CHECK_EQ(p.y, -i);
}

// libstdc++ calls the virtual functions of this buffer.
struct counting_buffer : std::streambuf {
  int seen = 0;
  int overflow(int c) override {
    vine_yield();
    seen++;
    return c;
  }
};

static void test_own_buffer(int i) {
  counting_buffer buffer;
  std::ostream out(&buffer);
  out << point{10, 20} << std::endl;
  CHECK_EQ(buffer.seen, 9);
  std::string line, all = std::to_string(i) + "\n\nlast";
  std::istringstream in(all);
  int lines = 0;
  while (std::getline(in, line))
    lines++;
  CHECK_EQ(lines, 3);
  CHECK(line == "last");
}

int main() {
  in_goroutines(8, [](int i) {
    test_stringstream(i);
    test_own_buffer(i);
  });
  std::cout << "done" << std::endl;
}
