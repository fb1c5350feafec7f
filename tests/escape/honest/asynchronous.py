import asyncio
async def double(n):
    await asyncio.sleep(0.01)
    return n * 2
async def main():
    n = int(input())
    a, b = await asyncio.gather(double(n), double(0))
    print(a + b)
asyncio.run(main())
