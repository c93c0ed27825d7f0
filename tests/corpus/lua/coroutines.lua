-- Coroutines: lua_resume is a setjmp, a yield across C is a longjmp.
local co = coroutine
local function gen(n) return co.wrap(function() for i = 1, n do co.yield(i) end return "end" end) end
local g = gen(3)
print(g(), g(), g(), g(), pcall(g))

local function perm(a, n)
  n = n or #a
  if n <= 1 then co.yield(table.concat(a)) else
    for i = 1, n do
      a[n], a[i] = a[i], a[n]
      perm(a, n - 1)
      a[n], a[i] = a[i], a[n]
    end
  end
end
local count, sum = 0, 0
for s in co.wrap(function() perm {1, 2, 3, 4, 5, 6} end) do count = count + 1; sum = (sum * 31 + tonumber(s)) % 1000003 end
print(count, sum)

-- Yields across pcall, metamethods, iterators and sort's comparator.
local c = co.create(function()
  local ok, v = pcall(function() local x = co.yield("in pcall"); error("e" .. x, 0) end)
  co.yield(v)
  local t = setmetatable({}, {__index = function(_, k) return co.yield("index " .. k) end, __add = function() return co.yield("add") end, __lt = function() return co.yield("lt") end, __concat = function() return co.yield("cat") end})
  co.yield(t.foo)
  co.yield(t + 1)
  co.yield(t < t)
  co.yield(t .. "x")
  for v in function() return co.yield("iter") end do co.yield(v) end
  local ok2, e = pcall(table.sort, {3, 2, 1}, function(a, b) co.yield("sort") return a < b end)
  return tostring(e)
end)
local arg = 0
repeat
  arg = arg + 1
  local r = {co.resume(c, arg < 14 and arg or nil)}
  print(arg, table.unpack(r))
until co.status(c) == "dead"

-- Nested resumes, one inside the other, as deep as the C stack allows.
local function tower(n) if n == 0 then return co.yield and "top" end return co.wrap(tower)(n - 1) .. "." end
print(tower(100))
local ok, e = pcall(function() local function f() return co.wrap(f)() end return f() end)
print(ok, (tostring(e):match("C stack overflow")))

-- Many alive at once.
local all = {}
for i = 1, 400 do all[i] = co.wrap(function(a) local s = a while true do s = s + co.yield(s) end end) end
for round = 1, 5 do for i = 1, #all do all[i](i * round) end end
local total = 0
for i = 1, #all do total = total + all[i](0) end
print(total)
local x = co.create(function() local r <close> = setmetatable({}, {__close = function() print("closed") end}) co.yield() end)
co.resume(x); print(co.close(x), co.status(x), co.isyieldable(), select(2, co.running()))
print((select(2, co.resume(co.create(function() error({code = 7}) end)))).code)
