-- Deep recursion: in Lua (its own stack), in the parser and in the C library.
local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) else return ack(m - 1, ack(m, n - 1)) end end
print(ack(2, 20))
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(15))
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(15000))
-- C recursion: each gsub, sort, pcall and metamethod is a C frame or more.
local function g(n) if n == 0 then return "x" end return (("a"):gsub("a", function() return g(n - 1) end)) end
print(g(60))
local function p(n) if n == 0 then return "bottom" end return select(2, pcall(p, n - 1)) end
print(p(150))
local mt = {} mt.__index = function(t, k) if k == 0 then return "index" end return setmetatable({}, mt)[k - 1] end
print(setmetatable({}, mt)[150])
-- Lexer and parser.
local function balanced(n) return ("{"):rep(n) .. ("}"):rep(n) end
print(load("return " .. balanced(150)) ~= nil, (select(2, load("return " .. balanced(400))):match("overflow")))
print(load("return " .. ("-"):rep(150, " ") .. "1")())
print(load("return " .. ("("):rep(150) .. "7" .. (")"):rep(150))())
print(#load("return " .. ("'ab' .. "):rep(180) .. "''")())
print(load(("do "):rep(150) .. "x = 5 " .. ("end "):rep(150)) ~= nil)
print(load("local function f() " .. ("return (function() "):rep(15) .. "return 9 " .. ("end)() "):rep(15) .. " end return f()")())
-- Chunks dumped and loaded again.
local chunk = string.dump(load("local a, b = ... local function f(x) return x * a + b end return f(3), {f(1), f(2)}"))
print(#chunk > 50, (load(chunk, "c", "b")(4, 5)))
