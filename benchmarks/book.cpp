// The order book of sim/market/book_kernels.py in C++, on the same records, for comparison of speed:
// the same events must leave every array byte for byte as the Python kernels leave it.
#include <algorithm>
#include <cstdint>

namespace {

using i64 = std::int64_t;
using i32 = std::int32_t;
using u64 = std::uint64_t;

constexpr i64 shift = 13, ticks = 1 << shift, half = ticks / 2, words = ticks / 64, none = -1;
constexpr i64 highest_price = (i64(1) << 62) - 1, highest_quantity = i64(1) << 31, no_key = -(i64(1) << 62);
enum { need_orders = -1, need_fills = -2, bad_price = -3, bad_quantity = -4, bad_event = -5 };
enum { limit = 0, cancel = 1, market = 2, ioc = 3 };

struct Side {
    i64 low, best, count;
    i32 aside_head, aside_tail;
    i64 auction;
    u64 summary[words / 64], bits[words];
};
struct Level { i64 qty; i32 head, tail; };
struct Order {
    i64 price, qty, tag;
    i32 next, prev, own_next, own_prev, owner;
    std::int16_t contract;
    std::int8_t side, flag;
};
struct Fill {
    i64 taker, maker, price, qty;
    i32 taker_owner, maker_owner;
    std::int16_t contract;
    std::int8_t side, taker_flag, maker_flag;
};
struct State { i64 free, used, live, fills, slot, prevent, prevented; };
struct Event {
    i64 price, qty, tag;
    i32 owner;
    std::int16_t contract;
    std::int8_t kind, side, flag;
};

i64 lead(u64 word) { return 63 - __builtin_clzll(word); }
i64 key_of(i64 side, i64 price) { return side == 0 ? price : -price; }

struct Book {
    Side *sides;
    Level *levels;
    Order *orders;
    i32 *heads;
    Fill *fills;
    State *state;
    i64 contracts, accounts, order_room, fill_room;

    static void mark(Side &side, i64 place) {
        side.bits[place >> 6] |= u64(1) << (place & 63);
        side.summary[place >> 12] |= u64(1) << ((place >> 6) & 63);
    }

    static void unmark(Side &side, i64 place) {
        if (!(side.bits[place >> 6] &= ~(u64(1) << (place & 63))))
            side.summary[place >> 12] &= ~(u64(1) << ((place >> 6) & 63));
    }

    static i64 below(const Side &side, i64 place) {
        i64 word = place >> 6;
        u64 found = side.bits[word] & ((u64(1) << (place & 63)) - 1);
        if (!found) {
            i64 group = word >> 6;
            u64 above = side.summary[group] & ((u64(1) << (word & 63)) - 1);
            if (!above && group > 0) above = side.summary[group = 0];
            if (!above) return none;
            word = (group << 6) + lead(above);
            found = side.bits[word];
        }
        return (word << 6) + lead(found);
    }

    void append(i64 row, i64 place, i32 slot) {
        Side &side = sides[row];
        Order &order = orders[slot];
        Level &level = levels[(row << shift) + place];
        order.prev = level.tail;
        order.next = none;
        if (level.tail < 0) {
            level.head = slot;
            mark(side, place);
        } else {
            orders[level.tail].next = slot;
        }
        level.tail = slot;
        level.qty += order.qty;
        side.best = std::max(side.best, place);
    }

    void append_aside(i64 row, i32 first, i32 last) {
        Side &side = sides[row];
        orders[first].prev = side.aside_tail;
        orders[last].next = none;
        (side.aside_tail < 0 ? side.aside_head : orders[side.aside_tail].next) = first;
        side.aside_tail = last;
    }

    void unlink_aside(i64 row, i32 slot) {
        Side &side = sides[row];
        Order &order = orders[slot];
        (order.prev < 0 ? side.aside_head : orders[order.prev].next) = order.next;
        (order.next < 0 ? side.aside_tail : orders[order.next].prev) = order.prev;
    }

    __attribute__((noinline)) void raise_window(i64 row, i64 key) {
        Side &side = sides[row];
        Level *base = levels + (row << shift);
        const i64 move = key - half - side.low;
        side.low += move;
        side.best = none;
        std::fill_n(side.summary, words / 64, 0);
        for (i64 word = 0; word < words; ++word) {
            u64 left = side.bits[word];
            side.bits[word] = 0;
            for (; left; left &= left - 1) {
                const i64 place = (word << 6) + __builtin_ctzll(left);
                const Level level = base[place];
                base[place] = {0, none, none};
                if (place < move) {
                    append_aside(row, level.head, level.tail);
                } else {
                    base[place - move] = level;
                    mark(side, place - move);
                    side.best = place - move;
                }
            }
        }
    }

    __attribute__((noinline)) void lower_window(i64 row) {
        Side &side = sides[row];
        if (side.aside_head < 0) return;
        i64 best = no_key;
        for (i32 slot = side.aside_head; slot >= 0; slot = orders[slot].next)
            best = std::max(best, key_of(row & 1, orders[slot].price));
        side.low = best - half;
        for (i32 slot = side.aside_head, following; slot >= 0; slot = following) {
            following = orders[slot].next;
            const i64 place = key_of(row & 1, orders[slot].price) - side.low;
            if (place < 0) continue;
            unlink_aside(row, slot);
            append(row, place, slot);
        }
    }

    i64 rest(const Event &event, i64 qty) {
        i64 slot = state->free;
        if (slot >= 0) state->free = orders[slot].next;
        else slot = state->used++;
        Order &order = orders[slot];
        order.price = event.price, order.qty = qty, order.tag = event.tag, order.owner = event.owner;
        order.contract = event.contract, order.side = event.side, order.flag = event.flag;
        if (event.owner >= 0) {
            i32 &head = heads[event.owner * contracts + event.contract];
            order.own_next = head;
            order.own_prev = none;
            if (head >= 0) orders[head].own_prev = slot;
            head = slot;
        }
        const i64 row = 2 * event.contract + event.side, key = key_of(event.side, event.price);
        Side &side = sides[row];
        if (side.best < 0) side.low = key - half;
        else if (key - side.low >= ticks) raise_window(row, key);
        if (key >= side.low) append(row, key - side.low, slot);
        else append_aside(row, slot, slot);
        ++side.count;
        ++state->live;
        return slot;
    }

    void remove(i32 slot) {
        Order &order = orders[slot];
        const i64 row = 2 * order.contract + order.side;
        Side &side = sides[row];
        const i64 place = key_of(row & 1, order.price) - side.low;
        if (place < 0) {
            unlink_aside(row, slot);
        } else {
            Level &level = levels[(row << shift) + place];
            level.qty -= order.qty;
            (order.prev < 0 ? level.head : orders[order.prev].next) = order.next;
            (order.next < 0 ? level.tail : orders[order.next].prev) = order.prev;
            if (order.prev < 0 && order.next < 0) {
                unmark(side, place);
                if (place == side.best && (side.best = below(side, place)) < 0) lower_window(row);
            }
        }
        if (order.owner >= 0) {
            (order.own_prev < 0 ? heads[order.owner * contracts + order.contract]
                                : orders[order.own_prev].own_next) = order.own_next;
            if (order.own_next >= 0) orders[order.own_next].own_prev = order.own_prev;
        }
        --side.count;
        --state->live;
        order.qty = 0;
        order.next = state->free;
        state->free = slot;
    }

    i64 match(const Event &event, i64 key) {
        const i64 row = (2 * event.contract + event.side) ^ 1;
        Side &other = sides[row];
        i64 left = event.qty;
        while (left > 0 && other.best >= 0 && key + other.low + other.best >= 0) {
            Level &level = levels[(row << shift) + other.best];
            const i32 slot = level.head;
            Order &maker = orders[slot];
            bool gone = state->prevent && event.owner >= 0 && maker.owner == event.owner;
            if (gone) {
                state->prevented += maker.qty;
            } else {
                const i64 traded = std::min(left, maker.qty);
                Fill &fill = fills[state->fills++];
                fill.taker = event.tag, fill.maker = maker.tag, fill.price = maker.price, fill.qty = traded;
                fill.taker_owner = event.owner, fill.maker_owner = maker.owner, fill.contract = event.contract;
                fill.side = event.side, fill.taker_flag = event.flag, fill.maker_flag = maker.flag;
                left -= traded;
                gone = traded == maker.qty;
                if (!gone) {
                    maker.qty -= traded;
                    level.qty -= traded;
                }
            }
            if (gone) remove(slot);
        }
        return left;
    }

    i64 submit(const Event &event) {
        const i64 row = 2 * event.contract + event.side;
        state->slot = none;
        if (event.qty < 1 || event.qty > highest_quantity) return bad_quantity;
        if (event.kind != market && (event.price < 1 || event.price > highest_price)) return bad_price;
        if (event.kind == limit && state->free < 0 && state->used == order_room) return need_orders;
        i64 left = event.qty;
        if (!sides[row].auction) {
            if (fill_room - state->fills < std::min(left, sides[row ^ 1].count)) return need_fills;
            left = match(event, event.kind == market ? highest_price : key_of(event.side, event.price));
        }
        if (left > 0 && event.kind == limit) state->slot = rest(event, left);
        return event.qty - left;
    }

    i64 withdraw(i64 slot, i64 tag) {
        if (slot < 0 || orders[slot].tag != tag) return 0;
        const i64 qty = orders[slot].qty;
        if (qty > 0) remove(slot);
        return qty;
    }
};

}  // namespace

extern "C" i64 run_events(Side *sides, Level *levels, Order *orders, i32 *heads, Fill *fills, State *state,
                          i64 contracts, i64 accounts, i64 order_room, i64 fill_room,
                          const Event *events, i64 count, i32 *where, i64 tags, i64 *done) {
    Book book{sides, levels, orders, heads, fills, state, contracts, accounts, order_room, fill_room};
    for (i64 number = 0; number < count; ++number) {
        const Event &event = events[number];
        if (event.kind == cancel) {
            done[number] = event.tag >= 0 && event.tag < tags ? book.withdraw(where[event.tag], event.tag) : 0;
            continue;
        }
        if (event.tag < 0 || event.tag >= tags || event.contract < 0 || event.contract >= contracts ||
            event.owner < -1 || event.owner >= accounts || event.kind < limit || event.kind > ioc ||
            event.side < 0 || event.side > 1) {
            done[number] = bad_event;
            continue;
        }
        const i64 result = book.submit(event);
        if (result == need_orders || result == need_fills) return number;
        done[number] = result;
        where[event.tag] = state->slot;
    }
    return count;
}
