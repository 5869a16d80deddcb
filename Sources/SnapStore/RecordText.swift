internal import FoundationEssentials

/// Records as JSON (docs/format.md): keys sorted, so that equal records are equal bytes.
enum RecordText {
    static func encoded(_ fields: some Encodable, subject: String) throws(StoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(fields)) + [UInt8(ascii: "\n")]
        } catch {
            throw StoreError(.failed, subject, "the record of \(subject) cannot be written as JSON: \(error)")
        }
    }

    /// Throws `damaged` for what is not `words`, and `fromTheFuture` for other versions than `versions`.
    static func decoded<Fields: Decodable>(
        _ bytes: [UInt8], versions: ClosedRange<Int>, _ words: String, subject: String
    ) throws(StoreError) -> Fields {
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).formatVersion
            guard versions.contains(version) else {
                throw StoreError(
                    .fromTheFuture, subject,
                    "\(subject) has version \(version), not one up to \(versions.upperBound); use a snapctl that knows it"
                )
            }
            return try JSONDecoder().decode(Fields.self, from: Data(bytes))
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.damaged, subject, "\(subject) is not \(words): \(error)")
        }
    }

    private struct Version: Decodable {
        var formatVersion: Int
        enum CodingKeys: String, CodingKey { case formatVersion = "FormatVersion" }
    }
}
