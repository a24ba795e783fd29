//! Time as a router sees it: it goes on while this computer sleeps.

pub(crate) use p2p_chat_plugin::since_boot as now;
