internal import SnapModel

/// An answer before it is JSON or text.
enum OutputValue: Sendable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    /// A number with a few decimals, as a count of thousandths.
    case thousandths(Int)
    case record([OutputField])
    case list([OutputValue])
    /// A list whose elements are made as they are printed, by several threads, so that 100,000 snapshots never exist at
    /// once as values.
    case listing(count: Int, element: @Sendable (Int) -> OutputValue)

    static func time(_ time: Timestamp) -> OutputValue { .text(time.description) }

    /// Rounded to a thousandth; what is no number counts as 0, for JSON knows none.
    static func number(_ value: Double) -> OutputValue {
        .thousandths(Int(exactly: (value * 1_000).rounded()) ?? 0)
    }

    /// A page of a list, under EBS's names.
    static func page(_ name: String, _ list: OutputValue, _ nextToken: String?) -> OutputValue {
        var fields = [OutputField(name, list)]
        fields.append("NextToken", nextToken.map(OutputValue.text))
        return .record(fields)
    }

    /// Whether it is printed on the line of the record that holds it.
    var isScalar: Bool {
        switch self {
        case .text, .integer, .boolean, .thousandths: true
        case .record, .list, .listing: false
        }
    }

    /// `thousandths` with three decimals.
    static func decimal(ofThousandths value: Int) -> String {
        let fraction = String(value.magnitude % 1_000)
        let zeros = String(repeating: "0", count: 3 - fraction.count)
        return (value < 0 ? "-" : "") + String(value.magnitude / 1_000) + "." + zeros + fraction
    }
}

/// A named part of a record.
struct OutputField: Sendable {
    var name: String
    var value: OutputValue

    init(_ name: String, _ value: OutputValue) {
        self.name = name
        self.value = value
    }
}

extension [OutputField] {
    /// Appends a field where there is a value.
    mutating func append(_ name: String, _ value: OutputValue?) {
        if let value { append(OutputField(name, value)) }
    }
}
