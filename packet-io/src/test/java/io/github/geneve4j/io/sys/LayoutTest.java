package io.github.geneve4j.io.sys;

import io.github.geneve4j.io.bpf.SocketContext;
import io.github.geneve4j.io.bpf.TcContext;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Constants and layouts are those of the C compiler. */
class LayoutTest {
    @TempDir Path folder;

    @Test
    void sockets() throws Exception {
        new CProbe(
                        "sys/socket.h",
                        "netinet/in.h",
                        "sys/eventfd.h",
                        "fcntl.h",
                        "sched.h",
                        "sys/resource.h")
                .constant("AF_UNIX", SocketHeader.AF_UNIX)
                .constant("AF_INET", SocketHeader.AF_INET)
                .constant("AF_INET6", SocketHeader.AF_INET6)
                .constant("AF_PACKET", SocketHeader.AF_PACKET)
                .constant("AF_XDP", SocketHeader.AF_XDP)
                .constant("SOCK_STREAM", SocketHeader.SOCK_STREAM)
                .constant("SOCK_DGRAM", SocketHeader.SOCK_DGRAM)
                .constant("SOCK_RAW", SocketHeader.SOCK_RAW)
                .constant("SOCK_NONBLOCK", SocketHeader.SOCK_NONBLOCK)
                .constant("SOCK_CLOEXEC", SocketHeader.SOCK_CLOEXEC)
                .constant("SOL_SOCKET", SocketHeader.SOL_SOCKET)
                .constant("SO_REUSEADDR", SocketHeader.SO_REUSEADDR)
                .constant("SO_ERROR", SocketHeader.SO_ERROR)
                .constant("SO_ERROR", SocketHeader.SO_ERROR)
                .constant("SO_SNDBUF", SocketHeader.SO_SNDBUF)
                .constant("SO_RCVBUF", SocketHeader.SO_RCVBUF)
                .constant("SO_REUSEPORT", SocketHeader.SO_REUSEPORT)
                .constant("SO_ATTACH_FILTER", SocketHeader.SO_ATTACH_FILTER)
                .constant("SO_SNDBUFFORCE", SocketHeader.SO_SNDBUFFORCE)
                .constant("SO_RCVBUFFORCE", SocketHeader.SO_RCVBUFFORCE)
                .constant("SO_LOCK_FILTER", SocketHeader.SO_LOCK_FILTER)
                .constant("SO_ATTACH_BPF", SocketHeader.SO_ATTACH_BPF)
                .macroIfDefined("SO_MEMINFO", SocketHeader.SO_MEMINFO)
                .constant("SO_BUSY_POLL", SocketHeader.SO_BUSY_POLL)
                .constant("SO_PREFER_BUSY_POLL", SocketHeader.SO_PREFER_BUSY_POLL)
                .constant("SO_BUSY_POLL_BUDGET", SocketHeader.SO_BUSY_POLL_BUDGET)
                .macroIfDefined("SO_INCOMING_NAPI_ID", SocketHeader.SO_INCOMING_NAPI_ID)
                .macroIfDefined("SO_NETNS_COOKIE", SocketHeader.SO_NETNS_COOKIE)
                .constant("IPPROTO_UDP", SocketHeader.IPPROTO_UDP)
                .constant("IPPROTO_RAW", SocketHeader.IPPROTO_RAW)
                .constant("MSG_TRUNC", SocketHeader.MSG_TRUNC)
                .constant("MSG_DONTWAIT", SocketHeader.MSG_DONTWAIT)
                .constant("EFD_NONBLOCK", SocketHeader.EFD_NONBLOCK)
                .constant("EFD_CLOEXEC", SocketHeader.EFD_CLOEXEC)
                .constant("O_RDONLY", SocketHeader.O_RDONLY)
                .constant("O_RDWR", SocketHeader.O_RDWR)
                .constant("O_NONBLOCK", SocketHeader.O_NONBLOCK)
                .constant("O_CLOEXEC", SocketHeader.O_CLOEXEC)
                .constant("CLONE_NEWNET", SocketHeader.CLONE_NEWNET)
                .constant("RLIMIT_MEMLOCK", SocketHeader.RLIMIT_MEMLOCK)
                .size("struct sockaddr_in", SocketHeader.SockaddrIn.SIZE)
                .offset("struct sockaddr_in", "sin_family", SocketHeader.SockaddrIn.FAMILY)
                .offset("struct sockaddr_in", "sin_port", SocketHeader.SockaddrIn.PORT)
                .offset("struct sockaddr_in", "sin_addr", SocketHeader.SockaddrIn.ADDRESS)
                .size("struct iovec", SocketHeader.Iovec.SIZE)
                .offset("struct iovec", "iov_base", SocketHeader.Iovec.BASE)
                .offset("struct iovec", "iov_len", SocketHeader.Iovec.LENGTH)
                .size("struct mmsghdr", SocketHeader.Mmsghdr.SIZE)
                .offset("struct mmsghdr", "msg_hdr.msg_name", SocketHeader.Mmsghdr.NAME)
                .offset("struct mmsghdr", "msg_hdr.msg_namelen", SocketHeader.Mmsghdr.NAME_LENGTH)
                .offset("struct mmsghdr", "msg_hdr.msg_iov", SocketHeader.Mmsghdr.IOV)
                .offset("struct mmsghdr", "msg_hdr.msg_iovlen", SocketHeader.Mmsghdr.IOV_LENGTH)
                .offset("struct mmsghdr", "msg_hdr.msg_control", SocketHeader.Mmsghdr.CONTROL)
                .offset(
                        "struct mmsghdr",
                        "msg_hdr.msg_controllen",
                        SocketHeader.Mmsghdr.CONTROL_LENGTH)
                .offset("struct mmsghdr", "msg_hdr.msg_flags", SocketHeader.Mmsghdr.FLAGS)
                .offset("struct mmsghdr", "msg_len", SocketHeader.Mmsghdr.LENGTH)
                .check(folder);
    }

    @Test
    void internetSockets() throws Exception {
        new CProbe("netinet/in.h", "sys/socket.h")
                .constant("IPPROTO_IP", InHeader.IPPROTO_IP)
                .constant("IP_TTL", InHeader.IP_TTL)
                .constant("IP_MTU_DISCOVER", InHeader.IP_MTU_DISCOVER)
                .macroIfDefined("IP_RECVFRAGSIZE", InHeader.IP_RECVFRAGSIZE)
                .constant("IP_PMTUDISC_DO", InHeader.IP_PMTUDISC_DO)
                .constant("IP_PMTUDISC_INTERFACE", InHeader.IP_PMTUDISC_INTERFACE)
                .offset("struct cmsghdr", "cmsg_len", InHeader.Cmsghdr.LENGTH)
                .offset("struct cmsghdr", "cmsg_level", InHeader.Cmsghdr.LEVEL)
                .offset("struct cmsghdr", "cmsg_type", InHeader.Cmsghdr.TYPE)
                .constant("CMSG_LEN(0)", InHeader.Cmsghdr.DATA)
                .constant("CMSG_SPACE(sizeof(int))", InHeader.Cmsghdr.SPACE)
                .constant("CMSG_SPACE(sizeof(short))", InHeader.Cmsghdr.SPACE)
                .check(folder);
    }

    @Test
    void udp() throws Exception {
        new CProbe("sys/socket.h", "netinet/udp.h", "linux/sock_diag.h")
                .constant("SOL_UDP", UdpHeader.SOL_UDP)
                .macroIfDefined("UDP_SEGMENT", UdpHeader.UDP_SEGMENT)
                .macroIfDefined("UDP_GRO", UdpHeader.UDP_GRO)
                .constant("SK_MEMINFO_WMEM_ALLOC", SocketHeader.SK_MEMINFO_WMEM_ALLOC)
                .constant("SK_MEMINFO_DROPS", SocketHeader.SK_MEMINFO_DROPS)
                .constant("SK_MEMINFO_VARS", SocketHeader.SK_MEMINFO_VARS)
                .check(folder);
    }

    @Test
    void polling() throws Exception {
        new CProbe("poll.h", "time.h")
                .constant("POLLIN", PollHeader.POLLIN)
                .constant("POLLOUT", PollHeader.POLLOUT)
                .constant("POLLERR", PollHeader.POLLERR)
                .size("struct pollfd", PollHeader.Pollfd.SIZE)
                .offset("struct pollfd", "fd", PollHeader.Pollfd.FD)
                .offset("struct pollfd", "events", PollHeader.Pollfd.EVENTS)
                .offset("struct pollfd", "revents", PollHeader.Pollfd.REVENTS)
                .size("struct timespec", PollHeader.Timespec.SIZE)
                .offset("struct timespec", "tv_sec", PollHeader.Timespec.SECONDS)
                .offset("struct timespec", "tv_nsec", PollHeader.Timespec.NANOS)
                .check(folder);
    }

    @Test
    void mappedMemory() throws Exception {
        new CProbe("sys/mman.h")
                .constant("PROT_READ", Mman.PROT_READ)
                .constant("PROT_WRITE", Mman.PROT_WRITE)
                .constant("MAP_SHARED", Mman.MAP_SHARED)
                .constant("MAP_PRIVATE", Mman.MAP_PRIVATE)
                .constant("MAP_ANONYMOUS", Mman.MAP_ANONYMOUS)
                .constant("MAP_LOCKED", Mman.MAP_LOCKED)
                .constant("MAP_POPULATE", Mman.MAP_POPULATE)
                .constant("MADV_DONTNEED", Mman.MADV_DONTNEED)
                .constant("MADV_HUGEPAGE", Mman.MADV_HUGEPAGE)
                .check(folder);
    }

    @Test
    void packetSockets() throws Exception {
        new CProbe("sys/socket.h", "linux/if_ether.h", "linux/if_packet.h")
                .constant("ETH_P_IP", IfPacket.ETH_P_IP)
                .constant("ETH_P_ALL", IfPacket.ETH_P_ALL)
                .constant("SOL_PACKET", IfPacket.SOL_PACKET)
                .constant("PACKET_HOST", IfPacket.PACKET_HOST)
                .constant("PACKET_OTHERHOST", IfPacket.PACKET_OTHERHOST)
                .constant("PACKET_OUTGOING", IfPacket.PACKET_OUTGOING)
                .constant("PACKET_RX_RING", IfPacket.PACKET_RX_RING)
                .constant("PACKET_STATISTICS", IfPacket.PACKET_STATISTICS)
                .constant("PACKET_VERSION", IfPacket.PACKET_VERSION)
                .constant("PACKET_AUXDATA", IfPacket.PACKET_AUXDATA)
                .size("struct tpacket_auxdata", IfPacket.TpacketAuxdata.SIZE)
                .offset("struct tpacket_auxdata", "tp_status", IfPacket.TpacketAuxdata.STATUS)
                .constant("PACKET_RESERVE", IfPacket.PACKET_RESERVE)
                .constant("PACKET_VNET_HDR", IfPacket.PACKET_VNET_HDR)
                .constant("PACKET_FANOUT", IfPacket.PACKET_FANOUT)
                .constant("PACKET_QDISC_BYPASS", IfPacket.PACKET_QDISC_BYPASS)
                .constant("PACKET_IGNORE_OUTGOING", IfPacket.PACKET_IGNORE_OUTGOING)
                .constant("PACKET_FANOUT_HASH", IfPacket.PACKET_FANOUT_HASH)
                .constant("PACKET_FANOUT_FLAG_UNIQUEID", IfPacket.PACKET_FANOUT_FLAG_UNIQUEID)
                .macroIfDefined(
                        "PACKET_FANOUT_FLAG_IGNORE_OUTGOING",
                        IfPacket.PACKET_FANOUT_FLAG_IGNORE_OUTGOING)
                .constant("TPACKET_V2", IfPacket.TPACKET_V2)
                .constant("TP_STATUS_KERNEL", IfPacket.TP_STATUS_KERNEL)
                .constant("TP_STATUS_USER", IfPacket.TP_STATUS_USER)
                .constant("TP_STATUS_COPY", IfPacket.TP_STATUS_COPY)
                .constant("TP_STATUS_LOSING", IfPacket.TP_STATUS_LOSING)
                .constant("TP_STATUS_CSUMNOTREADY", IfPacket.TP_STATUS_CSUMNOTREADY)
                .constant("TP_STATUS_VLAN_VALID", IfPacket.TP_STATUS_VLAN_VALID)
                .constant("TP_STATUS_VLAN_TPID_VALID", IfPacket.TP_STATUS_VLAN_TPID_VALID)
                .constant("TP_STATUS_CSUM_VALID", IfPacket.TP_STATUS_CSUM_VALID)
                .macroIfDefined("TP_STATUS_GSO_TCP", IfPacket.TP_STATUS_GSO_TCP)
                .size("struct sockaddr_ll", IfPacket.SockaddrLl.SIZE)
                .offset("struct sockaddr_ll", "sll_family", IfPacket.SockaddrLl.FAMILY)
                .offset("struct sockaddr_ll", "sll_protocol", IfPacket.SockaddrLl.PROTOCOL)
                .offset("struct sockaddr_ll", "sll_ifindex", IfPacket.SockaddrLl.IFINDEX)
                .offset("struct sockaddr_ll", "sll_hatype", IfPacket.SockaddrLl.HATYPE)
                .offset("struct sockaddr_ll", "sll_pkttype", IfPacket.SockaddrLl.PKTTYPE)
                .offset("struct sockaddr_ll", "sll_halen", IfPacket.SockaddrLl.HALEN)
                .offset("struct sockaddr_ll", "sll_addr", IfPacket.SockaddrLl.ADDR)
                .size("struct tpacket_req", IfPacket.TpacketReq.SIZE)
                .offset("struct tpacket_req", "tp_block_size", IfPacket.TpacketReq.BLOCK_SIZE)
                .offset("struct tpacket_req", "tp_block_nr", IfPacket.TpacketReq.BLOCK_NR)
                .offset("struct tpacket_req", "tp_frame_size", IfPacket.TpacketReq.FRAME_SIZE)
                .offset("struct tpacket_req", "tp_frame_nr", IfPacket.TpacketReq.FRAME_NR)
                .size("struct tpacket2_hdr", IfPacket.Tpacket2Hdr.SIZE)
                .offset("struct tpacket2_hdr", "tp_status", IfPacket.Tpacket2Hdr.STATUS)
                .offset("struct tpacket2_hdr", "tp_len", IfPacket.Tpacket2Hdr.LEN)
                .offset("struct tpacket2_hdr", "tp_snaplen", IfPacket.Tpacket2Hdr.SNAPLEN)
                .offset("struct tpacket2_hdr", "tp_mac", IfPacket.Tpacket2Hdr.MAC)
                .offset("struct tpacket2_hdr", "tp_net", IfPacket.Tpacket2Hdr.NET)
                .offset("struct tpacket2_hdr", "tp_vlan_tci", IfPacket.Tpacket2Hdr.VLAN_TCI)
                .offset("struct tpacket2_hdr", "tp_vlan_tpid", IfPacket.Tpacket2Hdr.VLAN_TPID)
                .size("struct tpacket_stats", IfPacket.TpacketStats.SIZE)
                .offset("struct tpacket_stats", "tp_packets", IfPacket.TpacketStats.PACKETS)
                .offset("struct tpacket_stats", "tp_drops", IfPacket.TpacketStats.DROPS)
                .constant(
                        "TPACKET2_HDRLEN - sizeof(struct sockaddr_ll)",
                        IfPacket.Tpacket2Hdr.SOCKADDR)
                .check(folder);
    }

    @Test
    void socketFilters() throws Exception {
        new CProbe("linux/filter.h")
                .size("struct sock_filter", ClassicBpf.FILTER_SIZE)
                .size("struct sock_fprog", ClassicBpf.PROGRAM_SIZE)
                .offset("struct sock_fprog", "filter", ClassicBpf.PROGRAM_FILTER)
                .constant("BPF_LD | BPF_B | BPF_ABS", ClassicBpf.LOAD_BYTE)
                .constant("BPF_LD | BPF_H | BPF_ABS", ClassicBpf.LOAD_SHORT)
                .constant("BPF_LD | BPF_W | BPF_ABS", ClassicBpf.LOAD_INT)
                .constant("BPF_LD | BPF_H | BPF_IND", ClassicBpf.LOAD_SHORT_AFTER)
                .constant("BPF_LDX | BPF_B | BPF_MSH", ClassicBpf.LOAD_HEADER_LENGTH)
                .constant("BPF_JMP | BPF_JEQ | BPF_K", ClassicBpf.JUMP_IF_EQUAL)
                .constant("SKF_AD_OFF + SKF_AD_IFINDEX", ClassicBpf.INTERFACE_INDEX)
                .constant("BPF_JMP | BPF_JSET | BPF_K", ClassicBpf.JUMP_IF_ANY)
                .constant("BPF_RET | BPF_K", ClassicBpf.RETURN)
                .check(folder);
    }

    @Test
    void networkInterfaces() throws Exception {
        new CProbe("net/if.h", "linux/sockios.h", "linux/if_arp.h")
                .constant("ARPHRD_ETHER", NetworkDevice.ARPHRD_ETHER)
                .constant("IFF_UP", InterfaceFlags.IFF_UP)
                .constant("IFF_RUNNING", InterfaceFlags.IFF_RUNNING)
                .constant("SIOCGIFNAME", NetworkDevice.SIOCGIFNAME)
                .constant("SIOCGIFFLAGS", NetworkDevice.SIOCGIFFLAGS)
                .constant("SIOCGIFMTU", NetworkDevice.SIOCGIFMTU)
                .constant("SIOCGIFINDEX", NetworkDevice.SIOCGIFINDEX)
                .constant("SIOCGIFHWADDR", NetworkDevice.SIOCGIFHWADDR)
                .constant("IFNAMSIZ", NetworkDevice.NAME_LENGTH)
                .size("struct ifreq", NetworkDevice.IFREQ_SIZE)
                .offset("struct ifreq", "ifr_mtu", NetworkDevice.VALUE)
                .offset("struct ifreq", "ifr_hwaddr.sa_data", NetworkDevice.HWADDR_DATA)
                .check(folder);
    }

    @Test
    void ifTun() throws Exception {
        new CProbe("sys/ioctl.h", "net/if.h", "linux/if_tun.h")
                .constant("TUNSETIFF", IfTun.TUNSETIFF)
                .constant("IFF_TUN", IfTun.IFF_TUN)
                .constant("IFF_MULTI_QUEUE", IfTun.IFF_MULTI_QUEUE)
                .constant("IFF_NO_PI", IfTun.IFF_NO_PI)
                .constant("IFNAMSIZ", IfTun.NAME_LENGTH)
                .size("struct ifreq", IfTun.IFREQ_SIZE)
                .offset("struct ifreq", "ifr_flags", IfTun.IFREQ_FLAGS)
                .check(folder);
    }

    @Test
    void programs() throws Exception {
        new CProbe("linux/bpf.h", "linux/if_link.h")
                .constant("BPF_MAP_CREATE", BpfHeader.BPF_MAP_CREATE)
                .constant("BPF_MAP_LOOKUP_ELEM", BpfHeader.BPF_MAP_LOOKUP_ELEM)
                .constant("BPF_MAP_UPDATE_ELEM", BpfHeader.BPF_MAP_UPDATE_ELEM)
                .constant("BPF_MAP_DELETE_ELEM", BpfHeader.BPF_MAP_DELETE_ELEM)
                .constant("BPF_PROG_LOAD", BpfHeader.BPF_PROG_LOAD)
                .constant("BPF_PROG_TEST_RUN", BpfHeader.BPF_PROG_TEST_RUN)
                .constant("BPF_OBJ_PIN", BpfHeader.BPF_OBJ_PIN)
                .constant("BPF_OBJ_GET", BpfHeader.BPF_OBJ_GET)
                .constant("BPF_OBJ_GET_INFO_BY_FD", BpfHeader.BPF_OBJ_GET_INFO_BY_FD)
                .constant("BPF_LINK_CREATE", BpfHeader.BPF_LINK_CREATE)
                .constant("BPF_LINK_UPDATE", BpfHeader.BPF_LINK_UPDATE)
                .constant("BPF_ANY", BpfHeader.BPF_ANY)
                .constant("BPF_MAP_TYPE_HASH", BpfHeader.BPF_MAP_TYPE_HASH)
                .constant("BPF_MAP_TYPE_ARRAY", BpfHeader.BPF_MAP_TYPE_ARRAY)
                .constant("BPF_MAP_TYPE_PERCPU_HASH", BpfHeader.BPF_MAP_TYPE_PERCPU_HASH)
                .constant("BPF_MAP_TYPE_PERCPU_ARRAY", BpfHeader.BPF_MAP_TYPE_PERCPU_ARRAY)
                .constant("BPF_MAP_TYPE_XSKMAP", BpfHeader.BPF_MAP_TYPE_XSKMAP)
                .constant("BPF_PROG_TYPE_SOCKET_FILTER", BpfHeader.BPF_PROG_TYPE_SOCKET_FILTER)
                .constant("BPF_PROG_TYPE_SCHED_CLS", BpfHeader.BPF_PROG_TYPE_SCHED_CLS)
                .constant("BPF_PROG_TYPE_XDP", BpfHeader.BPF_PROG_TYPE_XDP)
                .constant("BPF_XDP", BpfHeader.BPF_XDP)
                .constant("BPF_F_MMAPABLE", BpfHeader.BPF_F_MMAPABLE)
                .constant("XDP_FLAGS_SKB_MODE", BpfHeader.XDP_FLAGS_SKB_MODE)
                .constant("XDP_FLAGS_DRV_MODE", BpfHeader.XDP_FLAGS_DRV_MODE)
                .constant("BPF_OBJ_NAME_LEN", BpfHeader.BPF_OBJ_NAME_LEN)
                // BPF_TCX_INGRESS is no macro, and too new for some headers: BpfIT attaches there
                .offset("union bpf_attr", "map_type", BpfHeader.MapCreate.TYPE)
                .offset("union bpf_attr", "key_size", BpfHeader.MapCreate.KEY_SIZE)
                .offset("union bpf_attr", "value_size", BpfHeader.MapCreate.VALUE_SIZE)
                .offset("union bpf_attr", "max_entries", BpfHeader.MapCreate.MAX_ENTRIES)
                .offset("union bpf_attr", "map_flags", BpfHeader.MapCreate.FLAGS)
                .offset("union bpf_attr", "map_name", BpfHeader.MapCreate.NAME)
                .offset("union bpf_attr", "map_fd", BpfHeader.MapElement.MAP_FD)
                .offset("union bpf_attr", "key", BpfHeader.MapElement.KEY)
                .offset("union bpf_attr", "value", BpfHeader.MapElement.VALUE)
                .offset("union bpf_attr", "flags", BpfHeader.MapElement.FLAGS)
                .offset("union bpf_attr", "prog_type", BpfHeader.ProgLoad.TYPE)
                .offset("union bpf_attr", "insn_cnt", BpfHeader.ProgLoad.INSN_CNT)
                .offset("union bpf_attr", "insns", BpfHeader.ProgLoad.INSNS)
                .offset("union bpf_attr", "license", BpfHeader.ProgLoad.LICENSE)
                .offset("union bpf_attr", "log_level", BpfHeader.ProgLoad.LOG_LEVEL)
                .offset("union bpf_attr", "log_size", BpfHeader.ProgLoad.LOG_SIZE)
                .offset("union bpf_attr", "log_buf", BpfHeader.ProgLoad.LOG_BUF)
                .offset("union bpf_attr", "prog_name", BpfHeader.ProgLoad.NAME)
                .offset(
                        "union bpf_attr",
                        "expected_attach_type",
                        BpfHeader.ProgLoad.EXPECTED_ATTACH_TYPE)
                .offset("union bpf_attr", "test.prog_fd", BpfHeader.ProgTestRun.PROG_FD)
                .offset("union bpf_attr", "test.retval", BpfHeader.ProgTestRun.RETVAL)
                .offset("union bpf_attr", "test.data_size_in", BpfHeader.ProgTestRun.DATA_SIZE_IN)
                .offset("union bpf_attr", "test.data_size_out", BpfHeader.ProgTestRun.DATA_SIZE_OUT)
                .offset("union bpf_attr", "test.data_in", BpfHeader.ProgTestRun.DATA_IN)
                .offset("union bpf_attr", "test.data_out", BpfHeader.ProgTestRun.DATA_OUT)
                .offset("union bpf_attr", "link_create.prog_fd", BpfHeader.LinkCreate.PROG_FD)
                .offset(
                        "union bpf_attr",
                        "link_create.target_ifindex",
                        BpfHeader.LinkCreate.TARGET_IFINDEX)
                .offset(
                        "union bpf_attr",
                        "link_create.attach_type",
                        BpfHeader.LinkCreate.ATTACH_TYPE)
                .offset("union bpf_attr", "link_create.flags", BpfHeader.LinkCreate.FLAGS)
                .offset("union bpf_attr", "test.repeat", BpfHeader.ProgTestRun.REPEAT)
                .offset("union bpf_attr", "test.duration", BpfHeader.ProgTestRun.DURATION)
                .offset("union bpf_attr", "pathname", BpfHeader.Obj.PATHNAME)
                .offset("union bpf_attr", "bpf_fd", BpfHeader.Obj.BPF_FD)
                .offset("union bpf_attr", "info.bpf_fd", BpfHeader.ObjectInfo.BPF_FD)
                .offset("union bpf_attr", "info.info_len", BpfHeader.ObjectInfo.INFO_LEN)
                .offset("union bpf_attr", "info.info", BpfHeader.ObjectInfo.INFO)
                .offset("struct bpf_link_info", "xdp.ifindex", BpfHeader.LinkInfo.XDP_IFINDEX)
                .offset("union bpf_attr", "link_update.link_fd", BpfHeader.LinkUpdate.LINK_FD)
                .offset(
                        "union bpf_attr",
                        "link_update.new_prog_fd",
                        BpfHeader.LinkUpdate.NEW_PROG_FD)
                .check(folder);
    }

    @Test
    void xdpSockets() throws Exception {
        new CProbe("sys/socket.h", "linux/if_xdp.h")
                .constant("SOL_XDP", IfXdp.SOL_XDP)
                .constant("XDP_MMAP_OFFSETS", IfXdp.XDP_MMAP_OFFSETS)
                .constant("XDP_RX_RING", IfXdp.XDP_RX_RING)
                .constant("XDP_TX_RING", IfXdp.XDP_TX_RING)
                .constant("XDP_UMEM_REG", IfXdp.XDP_UMEM_REG)
                .constant("XDP_UMEM_FILL_RING", IfXdp.XDP_UMEM_FILL_RING)
                .constant("XDP_UMEM_COMPLETION_RING", IfXdp.XDP_UMEM_COMPLETION_RING)
                .constant("XDP_STATISTICS", IfXdp.XDP_STATISTICS)
                .constant("XDP_OPTIONS", IfXdp.XDP_OPTIONS)
                .macroIfDefined("XDP_MAX_TX_SKB_BUDGET", IfXdp.XDP_MAX_TX_SKB_BUDGET)
                .constant("XDP_COPY", IfXdp.XDP_COPY)
                .constant("XDP_ZEROCOPY", IfXdp.XDP_ZEROCOPY)
                .constant("XDP_USE_NEED_WAKEUP", IfXdp.XDP_USE_NEED_WAKEUP)
                .constant("XDP_RING_NEED_WAKEUP", IfXdp.XDP_RING_NEED_WAKEUP)
                .constant("XDP_PGOFF_RX_RING", IfXdp.XDP_PGOFF_RX_RING)
                .constant("XDP_PGOFF_TX_RING", IfXdp.XDP_PGOFF_TX_RING)
                .constant("XDP_UMEM_PGOFF_FILL_RING", IfXdp.XDP_UMEM_PGOFF_FILL_RING)
                .constant("XDP_UMEM_PGOFF_COMPLETION_RING", IfXdp.XDP_UMEM_PGOFF_COMPLETION_RING)
                .macroIfDefined("XDP_PKT_CONTD", IfXdp.XDP_PKT_CONTD)
                .constant("XDP_OPTIONS_ZEROCOPY", IfXdp.XDP_OPTIONS_ZEROCOPY)
                .size("struct sockaddr_xdp", IfXdp.SockaddrXdp.SIZE)
                .offset("struct sockaddr_xdp", "sxdp_family", IfXdp.SockaddrXdp.FAMILY)
                .offset("struct sockaddr_xdp", "sxdp_flags", IfXdp.SockaddrXdp.FLAGS)
                .offset("struct sockaddr_xdp", "sxdp_ifindex", IfXdp.SockaddrXdp.IFINDEX)
                .offset("struct sockaddr_xdp", "sxdp_queue_id", IfXdp.SockaddrXdp.QUEUE_ID)
                .constant(
                        "(offsetof(struct xdp_umem_reg, flags) + 4 + 7) / 8 * 8",
                        IfXdp.UmemReg.SIZE)
                .offset("struct xdp_umem_reg", "addr", IfXdp.UmemReg.ADDR)
                .offset("struct xdp_umem_reg", "len", IfXdp.UmemReg.LEN)
                .offset("struct xdp_umem_reg", "chunk_size", IfXdp.UmemReg.CHUNK_SIZE)
                .offset("struct xdp_umem_reg", "headroom", IfXdp.UmemReg.HEADROOM)
                .offset("struct xdp_umem_reg", "flags", IfXdp.UmemReg.FLAGS)
                .size("struct xdp_ring_offset", IfXdp.RingOffset.SIZE)
                .offset("struct xdp_ring_offset", "producer", IfXdp.RingOffset.PRODUCER)
                .offset("struct xdp_ring_offset", "consumer", IfXdp.RingOffset.CONSUMER)
                .offset("struct xdp_ring_offset", "desc", IfXdp.RingOffset.DESC)
                .offset("struct xdp_ring_offset", "flags", IfXdp.RingOffset.FLAGS)
                .size("struct xdp_mmap_offsets", IfXdp.MmapOffsets.SIZE)
                .offset("struct xdp_mmap_offsets", "rx", IfXdp.MmapOffsets.RX)
                .offset("struct xdp_mmap_offsets", "tx", IfXdp.MmapOffsets.TX)
                .offset("struct xdp_mmap_offsets", "fr", IfXdp.MmapOffsets.FILL)
                .offset("struct xdp_mmap_offsets", "cr", IfXdp.MmapOffsets.COMPLETION)
                .size("struct xdp_desc", IfXdp.Desc.SIZE)
                .offset("struct xdp_desc", "addr", IfXdp.Desc.ADDR)
                .offset("struct xdp_desc", "len", IfXdp.Desc.LEN)
                .offset("struct xdp_desc", "options", IfXdp.Desc.OPTIONS)
                .size("struct xdp_statistics", IfXdp.Statistics.SIZE)
                .offset("struct xdp_statistics", "rx_dropped", IfXdp.Statistics.RX_DROPPED)
                .offset(
                        "struct xdp_statistics",
                        "rx_invalid_descs",
                        IfXdp.Statistics.RX_INVALID_DESCS)
                .offset(
                        "struct xdp_statistics",
                        "tx_invalid_descs",
                        IfXdp.Statistics.TX_INVALID_DESCS)
                .offset("struct xdp_statistics", "rx_ring_full", IfXdp.Statistics.RX_RING_FULL)
                .offset(
                        "struct xdp_statistics",
                        "rx_fill_ring_empty_descs",
                        IfXdp.Statistics.RX_FILL_RING_EMPTY_DESCS)
                .offset(
                        "struct xdp_statistics",
                        "tx_ring_empty_descs",
                        IfXdp.Statistics.TX_RING_EMPTY_DESCS)
                .check(folder);
    }

    @Test
    void trafficControlPrograms() throws Exception {
        new CProbe("linux/bpf.h", "linux/pkt_cls.h", "linux/if_packet.h")
                .offset("struct __sk_buff", "len", TcContext.LENGTH)
                .offset("struct __sk_buff", "pkt_type", TcContext.PACKET_TYPE)
                .offset("struct __sk_buff", "data", TcContext.DATA)
                .offset("struct __sk_buff", "data_end", TcContext.DATA_END)
                .constant("PACKET_HOST", TcContext.TO_THIS_HOST)
                // TCX_NEXT and TCX_DROP are the same, in newer headers only
                .constant("TC_ACT_UNSPEC", TcContext.NEXT)
                .constant("TC_ACT_SHOT", TcContext.DROP)
                .check(folder);
    }

    @Test
    void socketFilterPrograms() throws Exception {
        new CProbe("linux/bpf.h", "linux/if_packet.h")
                .offset("struct __sk_buff", "pkt_type", SocketContext.PACKET_TYPE)
                .offset("struct __sk_buff", "gso_size", SocketContext.GSO_SIZE)
                .constant("PACKET_HOST", SocketContext.TO_THIS_HOST)
                .check(folder);
    }

    @Test
    void virtioHeaders() throws Exception {
        String header = "struct virtio_net_hdr";
        new CProbe("linux/virtio_net.h")
                .constant("VIRTIO_NET_HDR_F_NEEDS_CSUM", VirtioNet.VIRTIO_NET_HDR_F_NEEDS_CSUM)
                .constant("VIRTIO_NET_HDR_GSO_NONE", VirtioNet.VIRTIO_NET_HDR_GSO_NONE)
                .constant("VIRTIO_NET_HDR_GSO_UDP", VirtioNet.VIRTIO_NET_HDR_GSO_UDP)
                .macroIfDefined("VIRTIO_NET_HDR_GSO_UDP_L4", VirtioNet.VIRTIO_NET_HDR_GSO_UDP_L4)
                .size(header, VirtioNet.Header.SIZE)
                .offset(header, "flags", VirtioNet.Header.FLAGS)
                .offset(header, "gso_type", VirtioNet.Header.GSO_TYPE)
                .offset(header, "hdr_len", VirtioNet.Header.HDR_LEN)
                .offset(header, "gso_size", VirtioNet.Header.GSO_SIZE)
                .offset(header, "csum_start", VirtioNet.Header.CSUM_START)
                .offset(header, "csum_offset", VirtioNet.Header.CSUM_OFFSET)
                .check(folder);
    }

    @Test
    void kernelMessages() throws Exception {
        new CProbe("sys/socket.h", "linux/netlink.h", "linux/rtnetlink.h")
                .constant("AF_NETLINK", Netlink.AF_NETLINK)
                .constant("NETLINK_ROUTE", Netlink.NETLINK_ROUTE)
                .constant("RTMGRP_LINK", Netlink.RTMGRP_LINK)
                .size("struct sockaddr_nl", Netlink.SockaddrNl.SIZE)
                .offset("struct sockaddr_nl", "nl_family", Netlink.SockaddrNl.FAMILY)
                .offset("struct sockaddr_nl", "nl_groups", Netlink.SockaddrNl.GROUPS)
                .constant(
                        "NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_index)",
                        Netlink.LinkMessage.INDEX)
                .constant(
                        "NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_flags)",
                        Netlink.LinkMessage.FLAGS)
                .constant("NLMSG_HDRLEN + sizeof(struct ifinfomsg)", Netlink.LinkMessage.SIZE)
                .check(folder);
    }

    @Test
    void drivers() throws Exception {
        new CProbe("linux/sockios.h", "linux/ethtool.h")
                .constant("SIOCETHTOOL", Ethtool.SIOCETHTOOL)
                .constant("ETHTOOL_GDRVINFO", Ethtool.ETHTOOL_GDRVINFO)
                .constant("ETHTOOL_GLINK", Ethtool.ETHTOOL_GLINK)
                .constant("ETHTOOL_GSTRINGS", Ethtool.ETHTOOL_GSTRINGS)
                .constant("ETHTOOL_GSSET_INFO", Ethtool.ETHTOOL_GSSET_INFO)
                .constant("ETHTOOL_GFEATURES", Ethtool.ETHTOOL_GFEATURES)
                .constant("ETHTOOL_GCHANNELS", Ethtool.ETHTOOL_GCHANNELS)
                .constant("ETH_SS_FEATURES", Ethtool.ETH_SS_FEATURES)
                .constant("ETH_GSTRING_LEN", Ethtool.ETH_GSTRING_LEN)
                .size("struct ethtool_drvinfo", Ethtool.DriverInfo.SIZE)
                .offset("struct ethtool_drvinfo", "cmd", Ethtool.DriverInfo.CMD)
                .offset("struct ethtool_drvinfo", "driver", Ethtool.DriverInfo.DRIVER)
                .offset("struct ethtool_drvinfo", "bus_info", Ethtool.DriverInfo.BUS_INFO)
                .offset("struct ethtool_sset_info", "cmd", Ethtool.SetInfo.CMD)
                .offset("struct ethtool_sset_info", "sset_mask", Ethtool.SetInfo.SSET_MASK)
                .offset("struct ethtool_sset_info", "data", Ethtool.SetInfo.DATA)
                .offset("struct ethtool_gstrings", "cmd", Ethtool.Strings.CMD)
                .offset("struct ethtool_gstrings", "string_set", Ethtool.Strings.STRING_SET)
                .offset("struct ethtool_gstrings", "len", Ethtool.Strings.LEN)
                .offset("struct ethtool_gstrings", "data", Ethtool.Strings.DATA)
                .offset("struct ethtool_gfeatures", "cmd", Ethtool.Features.CMD)
                .offset("struct ethtool_gfeatures", "size", Ethtool.Features.SIZE)
                .offset("struct ethtool_gfeatures", "features", Ethtool.Features.BLOCKS)
                .offset("struct ethtool_get_features_block", "active", Ethtool.Features.ACTIVE)
                .size("struct ethtool_get_features_block", Ethtool.Features.BLOCK_SIZE)
                .size("struct ethtool_value", Ethtool.Value.SIZE)
                .offset("struct ethtool_value", "cmd", Ethtool.Value.CMD)
                .offset("struct ethtool_value", "data", Ethtool.Value.DATA)
                .size("struct ethtool_channels", Ethtool.Channels.SIZE)
                .offset("struct ethtool_channels", "cmd", Ethtool.Channels.CMD)
                .offset("struct ethtool_channels", "rx_count", Ethtool.Channels.RX_COUNT)
                .offset("struct ethtool_channels", "tx_count", Ethtool.Channels.TX_COUNT)
                .offset(
                        "struct ethtool_channels",
                        "combined_count",
                        Ethtool.Channels.COMBINED_COUNT)
                .check(folder);
    }
}
