//! Reads live accounts and clusters into inventories.
