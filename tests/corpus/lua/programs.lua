-- Small whole programs: queens, a sieve, an LZW coder, a JSON round trip, a
-- matrix product, sorting by a comparator in Lua (called back from C).
local function queens(n)
  local count, cols, d1, d2 = 0, {}, {}, {}
  local function place(r)
    if r > n then count = count + 1 return end
    for c = 1, n do
      if not (cols[c] or d1[r + c] or d2[r - c]) then
        cols[c], d1[r + c], d2[r - c] = true, true, true
        place(r + 1)
        cols[c], d1[r + c], d2[r - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return count
end
print("queens", queens(6))

local sieve, primes = {}, 0
for i = 2, 4000 do if not sieve[i] then primes = primes + 1 for j = i * i, 4000, i do sieve[j] = true end end end
print("primes", primes)

local rng = 42
local function rand(n) rng = (rng * 1103515245 + 12345) & 0x7fffffff return rng % n + 1 end
local t = {} for i = 1, 800 do t[i] = rand(1000000) end
table.sort(t, function(a, b) return a > b end)
local ok = true for i = 2, #t do ok = ok and t[i - 1] >= t[i] end
print("sorted", ok, t[1], t[#t])
print(pcall(table.sort, {1, 2, 3, "x"}))
print(pcall(table.sort, {3, 1, 2, 5, 4, 9, 7}, function(a, b) return true end) ~= nil)

local function lzw(s)
  local dict, n, out, w = {}, 256, {}, ""
  for i = 0, 255 do dict[string.char(i)] = i end
  for c in s:gmatch(".") do
    if dict[w .. c] then w = w .. c else out[#out + 1] = dict[w] dict[w .. c] = n n = n + 1 w = c end
  end
  out[#out + 1] = dict[w]
  return out
end
print("lzw", #lzw(("the rain in spain "):rep(200)))

local function encode(v)
  local ty = type(v)
  if ty == "table" then
    local parts = {}
    if #v > 0 then for i, x in ipairs(v) do parts[i] = encode(x) end return "[" .. table.concat(parts, ",") .. "]" end
    local keys = {} for k in pairs(v) do keys[#keys + 1] = k end table.sort(keys)
    for i, k in ipairs(keys) do parts[i] = ("%q:"):format(k) .. encode(v[k]) end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif ty == "string" then return ("%q"):format(v) else return tostring(v) end
end
local function decode(s)
  local pos = 1
  local function ws() pos = s:match("^%s*()", pos) end
  local value
  local function fail(m) error(m .. " at " .. pos, 0) end
  function value()
    ws()
    local c = s:sub(pos, pos)
    if c == "{" or c == "[" then
      local r, close = {}, c == "{" and "}" or "]"
      pos = pos + 1 ws()
      if s:sub(pos, pos) == close then pos = pos + 1 return r end
      while true do
        local k
        if c == "{" then k = value() ws() if s:sub(pos, pos) ~= ":" then fail("colon expected") end pos = pos + 1 else k = #r + 1 end
        r[k] = value() ws()
        local d = s:sub(pos, pos) pos = pos + 1
        if d == close then return r elseif d ~= "," then fail("comma expected") end
      end
    elseif c == '"' then local str, e = s:match('^"([^"]*)"()', pos) if not str then fail("string expected") end pos = e return str end
    local num, e = s:match("^(-?[%d.eE+-]+)()", pos)
    if num then pos = e return tonumber(num) end
    local w, e2 = s:match("^(%a+)()", pos)
    if w == "true" or w == "false" then pos = e2 return w == "true" end
    fail("unexpected " .. c)
  end
  return value()
end
local doc = '{"a":[1,2.5,{"b":"text","c":true}],"d":{"e":[[[[]]]],"f":-10}}'
print("json", encode(decode(doc)))
print(pcall(decode, '{"a":[1,2'), pcall(decode, "[1 2]"), pcall(decode, '{"a" 1}'))
local deep = ("["):rep(180) .. "1" .. ("]"):rep(180)
print(encode(decode(deep)) == deep)

local n, A, B, trace = 12, {}, {}, 0
for i = 1, n do A[i], B[i] = {}, {} for j = 1, n do A[i][j], B[i][j] = i + j, i - j end end
for i = 1, n do for j = 1, n do local s = 0 for k = 1, n do s = s + A[i][k] * B[k][j] end if i == j then trace = trace + s end end end
print("trace", trace)

-- Classes, inheritance, multiple assignment, varargs, goto, integer division.
local Base = {} Base.__index = Base
function Base.new(x) return setmetatable({x = x}, Base) end
function Base:get() return self.x end
local Derived = setmetatable({}, {__index = Base}) Derived.__index = Derived
Derived.__eq = function(a, b) return a.x == b.x end Derived.__lt = function(a, b) return a.x < b.x end
Derived.__le = function(a, b) return a.x <= b.x end Derived.__len = function(a) return a.x end
Derived.__call = function(self, ...) return self.x, select("#", ...), ... end
Derived.__unm = function(a) return -a.x end Derived.__newindex = function(t, k, v) rawset(t, k, v * 2) end
local d1, d2 = setmetatable({x = 1}, Derived), setmetatable({x = 2}, Derived)
d1.y = 21
print(d1:get(), d1 == d2, d1 < d2, d1 <= d2, #d2, -d1, d1.y, d2("p", nil, "q"))
for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end io.write(i, ",", j, " ") ::continue:: end end print()
print(os.time {year = 2020, month = 1, day = 1, hour = 12} ~= nil, os.date("!%Y-%m-%d", 86400), type(os.clock()), os.getenv("NO_SUCH_VARIABLE"))
local name = os.tmpname() local file = assert(io.open(name, "w")) file:write("line one\n", 2, "\n", 3.5, "\nrest") file:close()
for l in io.lines(name) do io.write("<", l, ">") end print()
file = io.open(name) print(file:read("l", "n", "n", "L", "a"), file:seek("set", 5), file:read(3), file:close()) os.remove(name)
print(io.open("/no/such/file"), pcall(io.lines, "/no/such/file"))
