internal import SnapSystem
package import SystemPackage

/// What libblkid recognises at the start of a volume: somebody's filesystem, partition table, swap …
package struct Signature: Hashable, Sendable, CustomStringConvertible {
    /// As libblkid names it: `ext4`, `gpt`, `crypto_LUKS`; empty when it is several things at once.
    package let type: String
    package let label: String?
    package let uuid: String?
    /// For a person: "ext4 filesystem (label data)".
    package let description: String

    /// Looks at a device or an image file; nil when it holds nothing that is known. Reads only.
    package static func recognise(_ path: FilePath) throws(DeviceError) -> Signature? {
        do throws(SystemError) {
            let probe = try Probe.open(path)
            switch try probe.recognise() {
            case .found: return Signature(probe)
            case .nothing: return nil
            case .ambivalent:
                return Signature(type: "", label: nil, uuid: nil, usage: nil)
            }
        } catch {
            throw .opening(path, error)
        }
    }

    private init?(_ probe: borrowing Probe) {
        if let type = probe.value("TYPE") {
            self.init(type: type, label: probe.value("LABEL"), uuid: probe.value("UUID"), usage: probe.value("USAGE"))
        } else if let table = probe.value("PTTYPE") {
            self.init(type: table, label: nil, uuid: probe.value("PTUUID"), usage: "table")
        } else {
            return nil
        }
    }

    init(type: String, label: String?, uuid: String?, usage: String?) {
        self.type = type
        self.label = label
        self.uuid = uuid
        let name = Self.names[type] ?? Self.name(type, usage)
        description = label.map { "\(name) (label \($0))" } ?? name
    }

    private static let names = [
        "": "several contradicting signatures",
        "gpt": "GPT partition table", "dos": "MBR partition table", "swap": "swap area",
        "LVM2_member": "LVM2 physical volume",
        "crypto_LUKS": "LUKS encrypted volume", "BitLocker": "BitLocker encrypted volume",
        "linux_raid_member": "Linux RAID member",
        "zfs_member": "ZFS pool member", "drbd": "DRBD volume", "bcache": "bcache device", "vfat": "FAT filesystem",
        "iso9660": "ISO 9660 filesystem", "swsuspend": "hibernation image",
    ]

    private static func name(_ type: String, _ usage: String?) -> String {
        switch usage {
        case "filesystem": "\(type) filesystem"
        case "raid": "\(type) (a member of an array)"
        case "crypto": "\(type) encrypted volume"
        case "table": "\(type) partition table"
        default: type
        }
    }
}
