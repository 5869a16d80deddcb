enum SchemaGolden {
    static let v1 = """
        """
}
