internal import ArgumentParser

/// A count of bytes as people type it: `67108864`, `64M`, `64MiB`, `1G`. All units are binary.
struct ByteSize: ExpressibleByArgument, Hashable {
    let byteCount: Int

    init?(argument: String) {
        let digits = argument.prefix(while: { ("0"..."9").contains($0) })
        guard let number = Int(digits), let unit = Self.unit(argument.dropFirst(digits.count)) else {
            return nil
        }
        let (product, hasOverflowed) = number.multipliedReportingOverflow(by: unit)
        guard !hasOverflowed else { return nil }
        byteCount = product
    }

    private static func unit(_ suffix: Substring) -> Int? {
        switch suffix.lowercased() {
        case "", "b": 1
        case "k", "kib": 1 << 10
        case "m", "mib": 1 << 20
        case "g", "gib": 1 << 30
        default: nil
        }
    }
}
