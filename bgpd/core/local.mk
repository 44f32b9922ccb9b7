noinst_LIBRARIES += bgpd/libbgpcore.a
bgpd_libbgpcore_a_SOURCES = \
	bgpd/core/attrs.h bgpd/core/attr_text.h bgpd/core/config.h bgpd/core/core.h \
	bgpd/core/family.h bgpd/core/info.h bgpd/core/instance.h bgpd/core/nlri.h bgpd/core/peer.h \
	bgpd/core/policy.h bgpd/core/policy_config.h bgpd/core/rib.h bgpd/core/session.h \
	bgpd/core/source.h

# wire: messages, capabilities, update, attributes, families
bgpd_libbgpcore_a_SOURCES += \
	bgpd/core/as_path.c bgpd/core/as_path.h bgpd/core/attr_text.c bgpd/core/attrs.c \
	bgpd/core/capability.c bgpd/core/capability.h bgpd/core/family.c bgpd/core/info.c \
	bgpd/core/msg.c bgpd/core/msg.h bgpd/core/nlri.c bgpd/core/nlri_text.c bgpd/core/notification.c \
	bgpd/core/open.c bgpd/core/update.c bgpd/core/update.h bgpd/core/update_attr.c \
	bgpd/core/update_encode.c bgpd/core/update_mp.c bgpd/core/update_private.h

# rib: tables, decision, adj_in, out groups
bgpd_libbgpcore_a_SOURCES += \
	bgpd/core/adj_in.c bgpd/core/adj_in.h bgpd/core/adj_in_judge.c bgpd/core/adj_in_work.c \
	bgpd/core/decision.c bgpd/core/decision.h \
	bgpd/core/out_chunk.c bgpd/core/out_default.c bgpd/core/out_encode.c bgpd/core/out_group.c \
	bgpd/core/out_key.c bgpd/core/out_policy.c bgpd/core/out_private.h bgpd/core/out_pull.c bgpd/core/out_sent.c \
	bgpd/core/out_transform.c bgpd/core/out_window.c \
	bgpd/core/rib.c bgpd/core/rib_decide.c bgpd/core/rib_hash.c bgpd/core/rib_hash.h bgpd/core/rib_log.c \
	bgpd/core/rib_order.c bgpd/core/rib_path_id.c bgpd/core/rib_private.h bgpd/core/rib_query.c bgpd/core/rib_table.c \
	bgpd/core/rib_sorted.c

# peer: sessions, the door, configuration values
bgpd_libbgpcore_a_SOURCES += \
	bgpd/core/check.c bgpd/core/clear.c bgpd/core/config.c bgpd/core/config_cost.c \
	bgpd/core/config_cost.h bgpd/core/conn.c bgpd/core/conn.h bgpd/core/core.c \
	bgpd/core/door.h bgpd/core/fsm.c bgpd/core/fsm.h bgpd/core/fsm_end.c bgpd/core/fsm_message.c \
	bgpd/core/fsm_private.h bgpd/core/instance.c bgpd/core/listen.c bgpd/core/listen.h bgpd/core/local.c \
	bgpd/core/local.h bgpd/core/peer.c bgpd/core/peer_status.c bgpd/core/receive.c \
	bgpd/core/receive.h bgpd/core/reload.c bgpd/core/session_open.c bgpd/core/session_up.c

# policy
bgpd_libbgpcore_a_SOURCES += \
	bgpd/core/as_path_regex.c bgpd/core/list.c bgpd/core/list.h bgpd/core/policy.c \
	bgpd/core/policy_bind.c bgpd/core/policy_clause.h bgpd/core/policy_config.c \
	bgpd/core/policy_match.c bgpd/core/policy_set.c bgpd/core/prefix_list.c \
	bgpd/core/prefix_list.h bgpd/core/prefix_rules.c bgpd/core/prefix_rules.h

# vrf, evpn, next hops, origin, feed
bgpd_libbgpcore_a_SOURCES += bgpd/core/aggregate.c bgpd/core/feed_out.c bgpd/core/nexthop.c bgpd/core/nexthop.h \
	bgpd/core/origin.c bgpd/core/origin.h bgpd/core/origin_private.h \
	bgpd/core/evpn.c bgpd/core/evpn.h bgpd/core/evpn_private.h bgpd/core/evpn_remote.c bgpd/core/evpn_saying.c \
	bgpd/core/vrf.c bgpd/core/vrf.h bgpd/core/vrf_export.c bgpd/core/vrf_import.c bgpd/core/vrf_names.c \
	bgpd/core/vrf_private.h
