import Foundation
import SnapModel
import Testing

/// Zones with what makes days hard: changes at midnight, by half an hour, southern summers, a day that was left out.
enum Zones {
    static let names = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
        "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Etc/GMT+12", "Europe/Dublin",
    ]

    static func rules(_ name: String) throws -> TimeZoneRules {
        let file = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name))
        return try #require(TimeZoneRules(name: name, file: Array(file)))
    }

    /// Foundation's, which has its own database and its own arithmetic.
    static func calendar(_ name: String) throws -> Calendar {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: name))
        return calendar
    }
}

extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: Double(millisecondsSinceEpoch) / 1_000) }

    init(_ date: Date) { self.init(millisecondsSinceEpoch: Int64((date.timeIntervalSince1970 * 1_000).rounded())) }

    func adding(hours: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch + hours * 3_600_000)
    }
}
