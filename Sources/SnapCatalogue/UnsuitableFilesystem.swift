/// A filesystem where a database in WAL mode loses data: its processes must share memory through a mapped file and
/// see each other's locks, which network and user-space filesystems do not promise
/// (https://www.sqlite.org/wal.html, "all processes using a database must be on the same host computer").
enum UnsuitableFilesystem: String, CaseIterable {
    case nfs = "NFS"
    case smb = "SMB"
    case fuse = "FUSE"
    case plan9 = "9p"
    case afs = "AFS"
    case ceph = "Ceph"

    /// nil for a filesystem that may hold a catalogue. `magic` is `f_type` of statfs(2), by linux/magic.h.
    init?(magic: UInt64) {
        switch magic & 0xffff_ffff {
        case 0x6969: self = .nfs
        // SMB1 as smbfs knew it, then CIFS and SMB2 as cifs.ko reports them.
        case 0x517b, 0xff53_4d42, 0xfe53_4d42: self = .smb
        case 0x6573_5546: self = .fuse
        case 0x0102_1997: self = .plan9
        case 0x5346_414f: self = .afs
        case 0x00c3_6400: self = .ceph
        default: return nil
        }
    }

    /// Why not, as the rest of a sentence that begins with the path of the catalogue.
    var explanation: String {
        "is on \(rawValue), which does not keep the shared memory and locks that SQLite's write-ahead log needs, "
            + "so that the catalogue would be damaged sooner or later"
    }
}
